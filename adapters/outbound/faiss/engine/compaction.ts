import type { Database } from "./database.ts";

/** Free space that is worth giving back, at the least and as a share of the file; less is soon used again. */
const WORTH_BYTES = 1 << 20;
const WORTH_SHARE = 0.1;
/** Given back in one transaction: a few milliseconds. */
const SLICE_BYTES = 256 << 10;

/** Gives the space of removed rows back to the file system, in slices, whenever much has gathered. */
export class Compaction {
  private readonly database: Database;
  private begun = false;

  constructor(database: Database) {
    this.database = database;
  }

  /** Whether `step` has something to do. Once it has begun it goes on to the last free page. */
  get wanted(): boolean {
    const { free, bytes } = this.database.space();
    this.begun = this.begun ? free > 0 : free >= Math.max(WORTH_BYTES, bytes * WORTH_SHARE);
    return this.begun;
  }

  /** Gives one slice back; the last one empties the log as well, which a large removal has made long. */
  async step(): Promise<void> {
    await this.database.write(() => this.database.giveBack(SLICE_BYTES));
    if (!this.wanted) this.database.shortenLog();
  }
}
