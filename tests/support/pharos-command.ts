import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { RUNTIMES } from "./service-process.ts";

const pharos = fileURLToPath(new URL("../../bin/pharos.mjs", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly progress: string;
}

/** Runs `pharos` with these arguments, over this data folder. */
export function runPharos(dataDirectory: string, ...args: readonly string[]): Promise<Outcome> {
  return runPharosWith({}, dataDirectory, ...args);
}

/** The same with more variables. */
export async function runPharosWith(
  environment: Readonly<Record<string, string>>,
  dataDirectory: string,
  ...args: readonly string[]
): Promise<Outcome> {
  const [node] = RUNTIMES.node;
  const child = spawn(node, [pharos, ...args], {
    env: { PATH: process.env.PATH, HOME: dataDirectory, PHAROS_DATA: dataDirectory, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, progress, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output, progress };
}
