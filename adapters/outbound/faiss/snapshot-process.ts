import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { abortError, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { SnapshotFailure, SnapshotReply, SnapshotTask, SnapshotTaskName, SnapshotTasks } from "./snapshot/task.ts";

const MAIN = fileURLToPath(new URL("./snapshot/main.ts", import.meta.url));
const KEPT_STDERR = 2_000;

/** The process ended before it answered. */
export class SnapshotProcessDied extends Error {
  override readonly name = "SnapshotProcessDied";
}

/**
 * Runs one task in a process of its own, which is gone when this returns; where the signal aborts it is killed, wherever it
 * is. @throws SnapshotProcessDied; ServiceError what the task throws, storage-failed, timeout, cancelled
 */
export async function runSnapshotTask<Name extends SnapshotTaskName>(
  name: Name,
  task: SnapshotTasks[Name]["task"],
  signal: AbortSignal,
): Promise<SnapshotTasks[Name]["result"]> {
  throwIfAborted(signal);
  const child = fork(MAIN, [], {
    serialization: "advanced",
    execArgv: [],
    env: {},
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-KEPT_STDERR);
  });
  let reply: SnapshotReply | undefined;
  child.once("message", (message) => {
    reply = message as SnapshotReply;
  });
  const abort = () => child.kill("SIGKILL");
  signal.addEventListener("abort", abort, { once: true });
  try {
    const ended = once(child, "close");
    child.send({ name, task } as SnapshotTask, () => undefined);
    await ended;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  if (reply?.error !== undefined) throw errorOf(reply.error);
  if (reply !== undefined) return reply.value as SnapshotTasks[Name]["result"];
  if (signal.aborted) throw abortError(signal);
  throw new SnapshotProcessDied(`ended by ${child.signalCode ?? child.exitCode}: ${stderr.trim()}`);
}

function errorOf({ code, message, retryable, problems, cause }: SnapshotFailure): Error {
  const options = cause === undefined ? {} : { cause: new Error(cause) };
  return code === "bug"
    ? new Error(message, options)
    : new ServiceError(code, message, { retryable, problems, ...options });
}
