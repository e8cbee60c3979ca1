import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { transact } from "../sqlite-transaction.ts";

/** Bytes of a key: a SHA-256. */
export const KEY_BYTES = 32;

const FORMAT = 1;
/** The thread that waits does nothing else, but callers wait for it. */
const LOCK_PATIENCE_MS = 1_000;
/** Vectors of several kilobytes fill pages of 4 kB badly. */
const PAGE_BYTES = 16_384;
const WAL_BYTES = 8 * 1_048_576;
/** A vector that was used less than an hour ago counts as used now, so that reading seldom writes. */
const USED_STEP_S = 3_600;
const EVICTED_AT_ONCE = 256;

interface Row {
  readonly vector: Uint8Array;
  readonly used: number;
}

/** Vectors by their keys in a SQLite file of bounded size, which several processes may share. It blocks: for a thread of its own. */
export class VectorFile {
  private readonly database: DatabaseSync;
  private readonly maxBytes: number;

  private constructor(database: DatabaseSync, maxBytes: number) {
    this.database = database;
    this.maxBytes = maxBytes;
  }

  /** Opens the file, and begins it anew where it cannot be read or has another format. @throws SQLite's errors */
  static open(path: string, maxBytes: number): VectorFile {
    try {
      return VectorFile.attempt(path, maxBytes);
    } catch (error) {
      if (isBusy(error)) throw error;
      for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
      return VectorFile.attempt(path, maxBytes);
    }
  }

  private static attempt(path: string, maxBytes: number): VectorFile {
    const database = new DatabaseSync(path);
    try {
      database.exec(`PRAGMA busy_timeout = ${LOCK_PATIENCE_MS}`);
      // These two count in a new file only, and come before anything is written.
      database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL`);
      // Prepared, as whatever may meet a lock: Deno tells SQLite's code of these alone.
      database.prepare("PRAGMA journal_mode = WAL").get();
      // A lost transaction is a vector that is asked for again.
      database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_size_limit = ${WAL_BYTES}; PRAGMA cache_size = -8192`);
      const file = new VectorFile(database, maxBytes);
      file.prepare();
      return file;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Vectors of the keys, in their order; undefined where there is none of that many dimensions. */
  get(keys: readonly Uint8Array[], dimensions: number): readonly (Float32Array | undefined)[] {
    const now = seconds();
    const find = this.database.prepare("SELECT vector, used FROM vectors WHERE key = ?");
    const rows = keys.map((key) => find.get(key) as Row | undefined);
    const stale = keys.filter((_, index) => (rows[index]?.used ?? now) < now - USED_STEP_S);
    if (stale.length > 0) {
      const touch = this.database.prepare("UPDATE vectors SET used = ? WHERE key = ?");
      transact(this.database, () => {
        for (const key of stale) touch.run(now, key);
      });
    }
    return rows.map((row) => (row?.vector.byteLength === dimensions * 4 ? floatsOf(row.vector) : undefined));
  }

  /** Keeps vectors under their keys, and lets those go that were used longest ago where the file is over its bound. */
  put(entries: readonly (readonly [key: Uint8Array, vector: Float32Array])[]): void {
    const now = seconds();
    const put = this.database.prepare("INSERT OR REPLACE INTO vectors (key, used, vector) VALUES (?, ?, ?)");
    transact(this.database, () => {
      for (const [key, { buffer, byteOffset, byteLength }] of entries) {
        put.run(key, now, new Uint8Array(buffer, byteOffset, byteLength));
      }
    });
    this.evict();
  }

  close(): void {
    this.database.close();
  }

  private prepare(): void {
    const format = this.number("PRAGMA user_version");
    if (format !== 0 && format !== FORMAT) throw new Error(`The file is in format ${format}.`);
    if (format === 0) {
      transact(this.database, () => {
        this.database.exec(`
          CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, used INTEGER NOT NULL, vector BLOB NOT NULL);
          CREATE INDEX IF NOT EXISTS vectors_by_use ON vectors (used);
          PRAGMA user_version = ${FORMAT}`);
      });
    }
    this.evict();
  }

  /** Frees a little more than it must, so that not every put has to. */
  private evict(): void {
    if (this.usedBytes() <= this.maxBytes) return;
    const drop = this.database.prepare(
      `DELETE FROM vectors WHERE rowid IN (SELECT rowid FROM vectors ORDER BY used LIMIT ${EVICTED_AT_ONCE})`,
    );
    let dropped = 1;
    while (dropped > 0 && this.usedBytes() > this.maxBytes * 0.95) {
      transact(this.database, () => {
        dropped = Number(drop.run().changes);
      });
    }
    this.database.prepare("PRAGMA incremental_vacuum").all();
  }

  private usedBytes(): number {
    return (this.number("PRAGMA page_count") - this.number("PRAGMA freelist_count")) * PAGE_BYTES;
  }

  private number(pragma: string): number {
    return Number(Object.values(this.database.prepare(pragma).get() ?? {})[0]);
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}

/** Copied: SQLite's bytes need not stand where floats may. */
function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** SQLITE_BUSY, SQLITE_LOCKED, and SQLITE_PROTOCOL, which a race of the first connections to a file ends with. */
const BUSY: ReadonlySet<number> = new Set([5, 6, 15]);
const PRIMARY_CODE = 0xff;

function isBusy(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" && BUSY.has(code & PRIMARY_CODE);
}
