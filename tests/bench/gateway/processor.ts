import { readdirSync, readFileSync } from "node:fs";

/** Seconds for which the process's threads had a processor since it began (/proc/PID/task, each thread's schedstat). */
export function processorSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [onProcessor = "0"] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    nanoseconds += Number(onProcessor);
  }
  return nanoseconds / 1e9;
}

/** What a core did since the machine started, in seconds (/proc/stat, in hundredths). */
export interface CoreTimes {
  readonly busy: number;
  readonly stolen: number;
}

export function coreTimes(core: number): CoreTimes {
  const line = readFileSync("/proc/stat", "utf8").match(new RegExp(`^cpu${core} .*$`, "mu"))?.[0] ?? "";
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = line
    .split(/ +/u)
    .slice(1)
    .map((ticks) => Number(ticks) / 100);
  return { busy: user + nice + system + irq + softirq, stolen };
}

const MAX_STOLEN = 0.01;
const MAX_FOREIGN = 0.04;

/** Whether others had too much of the core for what was measured on it to count. */
export function isDirty(before: CoreTimes, after: CoreTimes, ownSeconds: number, seconds: number): boolean {
  const stolen = (after.stolen - before.stolen) / seconds;
  const foreign = (after.busy - before.busy - ownSeconds) / seconds;
  return stolen > MAX_STOLEN || foreign > MAX_FOREIGN;
}
