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

/** The runtime that the tests run on: the suite runs on each, and each time starts services of its own kind. */
export const OWN_RUNTIME: Runtime = "deno" in process.versions ? "deno" : "node";

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

export interface ServiceProcessOptions {
  /** Default: an empty folder. */
  readonly dataDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A service that may not listen yet. */
export interface StartingProcess extends Omit<ServiceProcess, "url"> {
  /** Rejects where the process ends before it listens. */
  readonly listening: Promise<ServiceProcess>;
}

/** Starts `infrastructure/main.ts` on a free port and waits until it listens; killed when the test ends. */
export async function startServiceProcess(
  runtime: Runtime,
  options: ServiceProcessOptions = {},
): Promise<ServiceProcess> {
  return (await spawnServiceProcess(runtime, options)).listening;
}

/** The same, without waiting. */
export async function spawnServiceProcess(
  runtime: Runtime,
  options: ServiceProcessOptions = {},
): Promise<StartingProcess> {
  const dataDirectory = options.dataDirectory ?? (await temporaryFolder());
  const [command, ...before] = RUNTIMES[runtime];
  const child = spawn(command, [...before, path("infrastructure/main.ts")], {
    env: {
      PATH: process.env.PATH,
      HOME: dataDirectory,
      PORT: "0",
      PHAROS_DATA: dataDirectory,
      // As `npm start` sets it.
      NODE_COMPILE_CACHE: path("node_modules/.cache/compile"),
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
  const started = { dataDirectory, log, child, stop };
  const whole = listening.promise.then((url) => ({ ...started, url }));
  whole.catch(() => undefined);
  return { ...started, listening: whole };
}
