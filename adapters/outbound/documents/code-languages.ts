/** Programming languages by extension, named as in GitHub's list, in lower case (https://github.com/github-linguist/linguist). */
const EXTENSIONS_OF: Readonly<Record<string, string>> = {
  c: ".c .h",
  "c#": ".cs",
  "c++": ".cpp .cc .cxx .hpp .hh",
  css: ".css .scss",
  dart: ".dart",
  elixir: ".ex .exs",
  go: ".go",
  graphql: ".graphql",
  groovy: ".groovy .gradle",
  haskell: ".hs",
  hcl: ".tf",
  ini: ".ini .cfg .properties",
  java: ".java",
  javascript: ".js .jsx .mjs .cjs",
  json: ".json",
  julia: ".jl",
  kotlin: ".kt .kts",
  lua: ".lua",
  perl: ".pl .pm",
  php: ".php",
  powershell: ".ps1",
  "protocol buffer": ".proto",
  python: ".py .pyi",
  r: ".r",
  ruby: ".rb",
  rust: ".rs",
  scala: ".scala",
  shell: ".sh .bash .zsh",
  sql: ".sql",
  swift: ".swift",
  toml: ".toml",
  typescript: ".ts .tsx .mts .cts",
  yaml: ".yaml .yml",
};

const LANGUAGE_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(EXTENSIONS_OF).flatMap(([language, extensions]) =>
    extensions.split(" ").map((extension) => [extension, language] as const),
  ),
);

export const CODE_EXTENSIONS: readonly string[] = [...LANGUAGE_OF.keys()];

/** The language of files with this extension, which has a dot and is in lower case; undefined where it is none of code. */
export function programmingLanguage(extension: string): string | undefined {
  return LANGUAGE_OF.get(extension);
}
