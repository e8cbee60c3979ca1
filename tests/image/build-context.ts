import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/**
 * Whether a `.dockerignore` leaves a path of the project to the builder: the last pattern that fits the path, or a folder
 * above it, decides. https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function readDockerignore(text: string): (path: string) => boolean {
  const patterns = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ keeps: line.startsWith("!"), pattern: toPattern(line.replace(/^!/u, "")) }));
  return (path) => patterns.findLast(({ pattern }) => pattern.test(path))?.keeps ?? true;
}

function toPattern(glob: string): RegExp {
  const source = glob
    .replace(/^\/|\/$/gu, "")
    .replace(/[.+^${}()|[\]\\]/gu, "\\$&")
    .replace(/\*\*\/|\*\*|\*|\?/gu, (wildcard) => WILDCARDS[wildcard] ?? "");
  return new RegExp(`^${source}(?:/|$)`, "u");
}

const WILDCARDS: Readonly<Record<string, string>> = { "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" };

/** Files of the project that a builder is given, sorted. Looks only into folders that the `.dockerignore` names. */
export async function buildContext(project: string): Promise<readonly string[]> {
  const reaches = readDockerignore(await readFile(join(project, ".dockerignore"), "utf8"));
  const entries = (await readdir(project, { withFileTypes: true })).filter(({ name }) => reaches(name));
  const files = entries.map(async (entry) => {
    if (!entry.isDirectory()) return [entry.name];
    const inner = await readdir(join(project, entry.name), { withFileTypes: true, recursive: true });
    return inner.filter((one) => one.isFile()).map((one) => relative(project, join(one.parentPath, one.name)));
  });
  return (await Promise.all(files)).flat().filter(reaches).toSorted();
}
