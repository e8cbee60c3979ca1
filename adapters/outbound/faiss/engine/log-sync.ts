import { closeSync, fdatasync, openSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { syncFolder } from "./content.ts";

const sync = promisify(fdatasync);

/**
 * Has SQLite's write-ahead log on disk without holding the event loop, as `PRAGMA synchronous = FULL` would at each commit.
 * SQLite's locks are on other files, so that closing this one gives none of them up.
 */
export class LogSync {
  private readonly path: string;
  private file: number | undefined;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  /** The log of the record at this path. */
  constructor(record: string) {
    this.path = `${record}-wal`;
  }

  /** Resolves once all that was committed before is on disk; all who ask while the log is being written share the next time. */
  sync(): Promise<void> {
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.running = this.syncNow();
        this.next = undefined;
        return this.running;
      });
    return this.next;
  }

  /** Once what was asked for has ended. */
  async close(): Promise<void> {
    await (this.next ?? this.running).catch(() => undefined);
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private async syncNow(): Promise<void> {
    this.file ??= this.open();
    await sync(this.file);
  }

  /** The log is there as long as a connection is that has used it. */
  private open(): number {
    const file = openSync(this.path, "r+");
    // A log that is new must be found again, too.
    syncFolder(dirname(this.path));
    return file;
  }
}
