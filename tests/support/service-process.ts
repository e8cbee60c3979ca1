import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

const root = new URL("../../", import.meta.url);
const path = (relative: string) => fileURLToPath(new URL(relative, root));

/** How each runtime runs a file of ours. */
export const RUNTIMES = {
  node: [path("node_modules/node/bin/node")],
  deno: [path("node_modules/deno/deno"), "run", "-A", "--unstable-no-legacy-abort"],
} as const;

export type Runtime = keyof typeof RUNTIMES;

/** The service as a process of its own. */
export interface ServiceProcess {
  readonly url: string;
  readonly dataDirectory: string;
  /** Lines of its log so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  readonly child: ChildProcess;
  /** Sends the signal and waits until the process is gone and its log is whole. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Starts `infrastructure/main.ts` on a free port, over an empty data folder unless one is given; killed when the test ends. */
export async function startServiceProcess(
  runtime: Runtime,
  options: { readonly dataDirectory?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<ServiceProcess> {
  const dataDirectory = options.dataDirectory ?? (await temporaryFolder());
  const [command, ...before] = RUNTIMES[runtime];
  const child = spawn(command, [...before, path("infrastructure/main.ts")], {
    env: {
      PATH: process.env.PATH,
      HOME: dataDirectory,
      PORT: "0",
      PHAROS_DATA: dataDirectory,
      ...options.environment,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const gone = once(child, "close");
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await gone;
  };
  onTestFinished(async () => {
    await stop("SIGKILL");
  });
  const log: Record<string, unknown>[] = [];
  const listening = Promise.withResolvers<string>();
  const raw: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    raw.push(line);
    if (!line.startsWith("{")) return;
    const entry = JSON.parse(line) as Record<string, unknown>;
    log.push(entry);
    if (entry.message === "listening") listening.resolve(String(entry.url));
  });
  void gone.then(() => listening.reject(new Error(`The service ended:\n${raw.join("\n")}`)));
  return { url: await listening.promise, dataDirectory, log, child, stop };
}
