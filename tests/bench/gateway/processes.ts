import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** The one that the project brings, whatever runs the bench. */
const NODE = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));

/** A process that listens on a port of this machine. */
export interface Listening {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** The core that it has for itself; any where absent. */
  readonly core?: number | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** File that takes what it writes. */
  readonly log: string;
}

/** Runs a file of JavaScript or TypeScript under Node, and waits until it listens. @throws Error where it ends before */
export async function startListening(
  port: number,
  args: readonly string[],
  { core, environment = {}, log }: ProcessOptions,
): Promise<Listening> {
  const command = [NODE, ...args];
  const [program = "", ...rest] = core === undefined ? command : ["taskset", "-c", String(core), ...command];
  const output = openSync(log, "a");
  const child = spawn(program, rest, {
    env: { PATH: process.env.PATH, NODE_ENV: "production", ...environment },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const gone = once(child, "exit");
  await listens(port, child, log);
  return {
    port,
    // taskset becomes the program that it starts.
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Keeps this process, and what it starts without a core of its own, on a core. */
export function stayOn(core: number): void {
  const { status, error } = spawnSync("taskset", ["-a", "-cp", String(core), String(process.pid)]);
  if (status !== 0) throw new Error(`The bench needs taskset, of the package util-linux: ${error?.message ?? status}`);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const START_MS = 60_000;
const RETRY_MS = 50;

async function listens(port: number, child: ChildProcess, log: string): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < START_MS) {
    if (child.exitCode !== null) throw new Error(`A process ended before it listened; see ${log}.`);
    if (await connects(port)) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  child.kill("SIGKILL");
  throw new Error(`A process does not listen on port ${port}; see ${log}.`);
}

function connects(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).then((connected) => {
    socket.destroy();
    return connected === true;
  });
}
