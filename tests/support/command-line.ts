import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { OWN_RUNTIME, RUNTIMES, type Runtime } from "./service-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

/** How each runtime runs the command line. */
const COMMAND_LINES: Readonly<Record<Runtime, readonly string[]>> = {
  node: [...RUNTIMES.node, path("bin/pharos.mjs")],
  deno: [...RUNTIMES.deno, path("infrastructure/cli.ts")],
};

export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly progress: string;
}

/** Runs `pharos` with these arguments, over this data folder. */
export function run(dataDirectory: string, ...args: readonly string[]): Promise<Outcome> {
  return runWith({}, dataDirectory, ...args);
}

/** Runs `pharos` with these variables besides. */
export async function runWith(
  environment: Readonly<Record<string, string>>,
  dataDirectory: string,
  ...args: readonly string[]
): Promise<Outcome> {
  const [command = "", ...before] = COMMAND_LINES[OWN_RUNTIME];
  const child = spawn(command, [...before, ...args], {
    env: { PATH: process.env.PATH, HOME: dataDirectory, PHAROS_DATA: dataDirectory, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, progress, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output, progress };
}

/** A new folder with these files. */
export async function written(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}
