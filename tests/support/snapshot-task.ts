import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { SnapshotTask } from "../../adapters/outbound/faiss/snapshot/task.ts";

const MAIN = fileURLToPath(new URL("../../adapters/outbound/faiss/snapshot/main.ts", import.meta.url));

/** The process that makes or restores a snapshot, killed once so many changes were seen in a folder; how many it came to. */
export async function runAndKill(task: SnapshotTask, folder: string, killAfterChanges: number): Promise<number> {
  const child = fork(MAIN, [], { serialization: "advanced", execArgv: [], stdio: "ignore" });
  const ended = once(child, "exit");
  const stop = new AbortController();
  const counting = countChanges(folder, stop.signal, (changes) => {
    if (changes >= killAfterChanges) child.kill("SIGKILL");
  });
  send(child, task);
  await ended;
  stop.abort();
  return counting;
}

function send(child: ChildProcess, task: SnapshotTask): void {
  child.send(task, () => undefined);
}

async function countChanges(folder: string, signal: AbortSignal, onChange: (changes: number) => void) {
  let changes = 0;
  try {
    for await (const _ of watch(folder, { recursive: true, signal })) onChange(++changes);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return changes;
}
