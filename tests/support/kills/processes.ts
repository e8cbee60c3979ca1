import { readdir, readFile } from "node:fs/promises";

/** Ids of the processes that this one has started and that live. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name));
  const stats = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, "utf8").catch(() => "")));
  return ids.filter((_, index) => parentIn(stats[index] ?? "") === pid).map(Number);
}

/** The fourth field; the second one, a name in brackets, may hold spaces (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html). */
function parentIn(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
