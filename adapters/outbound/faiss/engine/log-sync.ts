import { closeSync, fdatasync, openSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { syncFolder } from "./content.ts";

const sync = promisify(fdatasync);
/** Of the four threads that Node has for such work. */
const AT_ONCE = 2;

/**
 * Has SQLite's write-ahead log on disk without holding the event loop, as `PRAGMA synchronous = FULL` would at each commit.
 * SQLite's locks are on other files, so that closing this one gives none of them up.
 */
export class LogSync {
  private readonly path: string;
  /**
   * Descriptors that no run uses, open from the first run on. Each run has one to itself: the kernel tells each of them, once,
   * of what could not be written since it was opened.
   */
  private idle: number[] | undefined;
  private readonly running = new Set<Promise<void>>();
  private next: Promise<void> | undefined;

  /** The log of the record at this path. */
  constructor(record: string) {
    this.path = `${record}-wal`;
  }

  /**
   * Resolves once all that was committed before is on disk. It begins at once, since its end may be seen only after the next
   * change; all who ask while two runs are under way share the next one.
   */
  sync(): Promise<void> {
    if (this.next === undefined && this.running.size < AT_ONCE) return this.begin();
    this.next ??= Promise.race(this.running)
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.begin();
      });
    return this.next;
  }

  /** Once what was asked for has ended. */
  async close(): Promise<void> {
    await this.next?.catch(() => undefined);
    await Promise.allSettled(this.running);
    for (const file of this.idle ?? []) closeSync(file);
    this.idle = undefined;
  }

  private begin(): Promise<void> {
    const run = this.syncNow().finally(() => this.running.delete(run));
    this.running.add(run);
    return run;
  }

  private async syncNow(): Promise<void> {
    this.idle ??= this.open();
    const file = this.idle.pop();
    if (file === undefined) throw new Error("More runs are under way than there are descriptors.");
    await sync(file).finally(() => this.idle?.push(file));
  }

  /** The log is there as long as a connection is that has used it. */
  private open(): number[] {
    // A log that is new must be found again, too.
    syncFolder(dirname(this.path));
    return Array.from({ length: AT_ONCE }, () => openSync(this.path, "r+"));
  }
}
