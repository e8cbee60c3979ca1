import { CODE_EXTENSIONS } from "./code-languages.ts";
import type { ParseFile } from "./file-content.ts";

export type FormatName = "markdown" | "text" | "code" | "html" | "pdf" | "docx";

/** One document a file; the packages are loaded with the first file that needs them. */
export const PARSERS: Readonly<Record<FormatName, () => Promise<ParseFile>>> = {
  markdown: async () => (await import("./markdown.ts")).parseMarkdown,
  text: async () => (await import("./plain-text.ts")).parsePlainText,
  code: async () => (await import("./code.ts")).parseCode,
  html: async () => (await import("./html.ts")).parseHtml,
  pdf: async () => (await import("./pdf.ts")).parsePdf,
  docx: async () => (await import("./docx.ts")).parseDocx,
};

/** Formats whose parsers a file can keep busy for ever or feed until the memory is full: they run in a process of their own. */
export const RUN_APART: ReadonlySet<FormatName> = new Set(["html", "pdf", "docx"]);

export const FORMAT_OF: ReadonlyMap<string, FormatName> = new Map<string, FormatName>([
  [".md", "markdown"],
  [".markdown", "markdown"],
  [".txt", "text"],
  [".text", "text"],
  [".html", "html"],
  [".htm", "html"],
  [".xhtml", "html"],
  [".pdf", "pdf"],
  [".docx", "docx"],
  ...CODE_EXTENSIONS.map((extension) => [extension, "code"] as const),
]);

/** One document a row: read as a stream, so that the file may have any size. */
export const JSONL_EXTENSIONS: ReadonlySet<string> = new Set([".jsonl", ".ndjson"]);
export const TABLE_EXTENSIONS: ReadonlySet<string> = new Set([".csv", ".tsv"]);

/** Every extension that is read, with a dot. */
export const KNOWN_EXTENSIONS: readonly string[] = [...FORMAT_OF.keys(), ...JSONL_EXTENSIONS, ...TABLE_EXTENSIONS];
