import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { RUNTIMES } from "./service-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const pharos = fileURLToPath(new URL("../../bin/pharos.mjs", import.meta.url));

export interface CommandOutcome {
  readonly code: number | null;
  readonly output: string;
  readonly progress: string;
}

/** Runs `pharos` with these arguments, over this data folder. */
export async function pharosCommand(dataDirectory: string, ...args: readonly string[]): Promise<CommandOutcome> {
  const [node] = RUNTIMES.node;
  const child = spawn(node, [pharos, ...args], {
    env: { PATH: process.env.PATH, HOME: dataDirectory, PHAROS_DATA: dataDirectory },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, progress, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output, progress };
}

/** A folder of the test's own with these files. */
export async function written(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}
