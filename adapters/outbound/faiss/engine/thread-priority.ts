import { setPriority } from "node:os";

/** The event loop gets three quarters of a core that both want: each step is worth a quarter (https://man7.org/linux/man-pages/man7/sched.7.html). */
const NICE = 5;

/** Has the thread that calls it give way to the event loop. Elsewhere than on Linux a priority is the whole process's, and stays as it is. */
export function giveWayToEventLoop(): void {
  if (process.platform === "linux") setPriority(0, NICE);
}
