import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the project. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** The rooms of the house, and what starts it. */
export const ROOMS = ["domain", "application", "adapters", "infrastructure", "bin", "scripts"] as const;

/** Paths of every source file in the folders, relative to the project, sorted. */
export async function sourceFiles(folders: readonly string[]): Promise<readonly string[]> {
  const listed = folders.map(async (folder) => {
    const files = await readdir(join(PROJECT, folder), { recursive: true });
    return files.filter((file) => /\.m?[jt]s$/u.test(file)).map((file) => join(folder, file));
  });
  return (await Promise.all(listed)).flat().toSorted();
}
