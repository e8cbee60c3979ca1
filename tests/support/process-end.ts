import { readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Resolves once no process has this id any more; one that is dead but not yet reaped counts as gone. */
export async function processEnd(pid: number): Promise<void> {
  while (isAlive(pid) && !(await isZombie(pid))) await nextTurn();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
}
