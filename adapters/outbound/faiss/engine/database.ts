import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { ServiceError } from "../../../../domain/errors.ts";
import { CheckpointThread } from "./checkpoint-thread.ts";
import { type Content, Superseded } from "./content.ts";
import { LogSync } from "./log-sync.ts";
import { MIGRATIONS } from "./schema.ts";

const LOCK_PATIENCE_MS = 15_000;
const MAX_RETRY_MS = 25;
const READ_PATIENCE_MS = 5_000;
/** Of a new file. At SQLite's own 4 KB two vectors of 384 dimensions filled a page by three quarters, and a put took half as long again. */
const PAGE_BYTES = 16 << 10;
/** The log from which it is copied into the file: at SQLite's own 4 MB every put of many passages would copy it. */
const COPIED_FROM = 16 << 20;
/**
 * While commits come without end the thread that copies does not catch up: from here on the next one waits for it, and
 * begins the log anew. As much is kept of the log's file: to shorten it and have it grow again each time is work for nothing.
 */
const LOG_BYTES = 64 << 20;
/** Where the thread has left it alone until then, a commit copies it. */
const MOST_LOG_BYTES = 2 * LOG_BYTES;
/** Bytes of an older file up to which it is rewritten at its opening, so that it can give space back: a second or two. */
const REWRITTEN_UP_TO = 256 << 20;

interface Committed<Result> {
  readonly result: Result;
  /** Resolves once it is on disk. */
  readonly durable: Promise<void>;
}

/** The SQLite file of a corpus; several processes may have it open. */
export class Database {
  private readonly connection: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();
  private readonly content: Pick<Content, "isCurrent"> | undefined;
  private readonly log: LogSync;
  private readonly checkpoints: CheckpointThread;
  /** Whether the disk has failed to take the log. */
  private isLogSuspect = false;
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, connection: DatabaseSync, content: Pick<Content, "isCurrent"> | undefined) {
    this.connection = connection;
    this.content = content;
    this.log = new LogSync(path);
    this.checkpoints = new CheckpointThread({ path, copiedFrom: COPIED_FROM });
  }

  /**
   * Opens the file, and makes it where it is not there; where it is of a corpus's content, it is written to only while the
   * corpus names that. @throws ServiceError storage-failed (written by a newer version); Superseded; SQLite's errors
   */
  static async open(path: string, content?: Pick<Content, "isCurrent">): Promise<Database> {
    const connection = new DatabaseSync(path);
    let database: Database | undefined;
    try {
      connection.exec(`PRAGMA busy_timeout = ${READ_PATIENCE_MS}`);
      await patiently(
        () => {
          // Before anything is written: an older file keeps what it was made with until it is rewritten.
          connection.prepare(`PRAGMA page_size = ${PAGE_BYTES}`).run();
          connection.prepare("PRAGMA auto_vacuum = INCREMENTAL").run();
          connection.prepare("PRAGMA journal_mode = WAL").get();
        },
        () => undefined,
      );
      // A commit does not wait for the disk: `write` does, without holding the event loop.
      connection.exec("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768");
      connection.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
      database = new Database(path, connection, content);
      connection.exec(`PRAGMA wal_autocheckpoint = ${MOST_LOG_BYTES / database.pragma("page_size")}`);
      await database.migrate();
      database.rewriteOlder();
      // What a process that died has left of it.
      database.shortenLog();
      return database;
    } catch (error) {
      if (database === undefined) connection.close();
      else await database.close();
      throw error;
    }
  }

  /** Brings the record into the newest format; a new file is in format 0. */
  private async migrate(): Promise<void> {
    const version = () => this.get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0;
    const newest = MIGRATIONS.length;
    if (version() < newest) {
      await this.write(() => {
        for (const step of MIGRATIONS.slice(version())) this.connection.exec(step);
        this.connection.exec(`PRAGMA user_version = ${newest}`);
      });
    }
    if (version() === newest) return;
    throw new ServiceError(
      "storage-failed",
      `The corpus was written in format ${version()}; this version of Pharos reads formats up to ${newest}.`,
    );
  }

  /** Rewrites a file that cannot give space back; a larger one stays as it is, and uses its free pages again. */
  private rewriteOlder(): void {
    if (this.pragma("auto_vacuum") !== 0) return;
    if (this.space().bytes > REWRITTEN_UP_TO) return;
    // Where another process is at the file, or the disk is full, a later opening does it.
    succeeds(() => this.connection.prepare("VACUUM").run(), false, MAY_WAIT);
  }

  /** Bytes of the file, and how many of them hold nothing and can be given back. */
  space(): { readonly bytes: number; readonly free: number } {
    const free = this.pragma("auto_vacuum") === 0 ? 0 : this.pragma("freelist_count");
    const pageBytes = this.pragma("page_size");
    return { bytes: this.pragma("page_count") * pageBytes, free: free * pageBytes };
  }

  /** Moves the file's last pages to free ones and cuts them off, so many bytes at most. Belongs into a transaction. */
  giveBack(bytes: number): void {
    this.all(`PRAGMA incremental_vacuum(${Math.ceil(bytes / this.pragma("page_size"))})`);
  }

  /** Writes what the log holds into the file and empties it, unless another process reads from it just now. */
  shortenLog(): void {
    this.connection.exec("PRAGMA busy_timeout = 0");
    try {
      this.all("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      this.connection.exec(`PRAGMA busy_timeout = ${READ_PATIENCE_MS}`);
    }
  }

  private pragma(name: "auto_vacuum" | "page_count" | "page_size" | "freelist_count"): number {
    return this.get<Record<string, number>>(`PRAGMA ${name}`)?.[name] ?? 0;
  }

  /** The first row, undefined where there is none. The row's type is the caller's promise: it must fit the schema. */
  get<Row>(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.prepared(sql).get(...parameters) as Row | undefined;
  }

  all<Row>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.prepared(sql).all(...parameters) as Row[];
  }

  /** Rows one at a time. The same SQL must not be used again before the iteration ends. */
  iterate<Row>(sql: string, ...parameters: SQLInputValue[]): Iterable<Row> {
    return this.prepared(sql).iterate(...parameters) as Iterable<Row>;
  }

  /** Changes rows; returns how many, and the number of the last one inserted. */
  run(sql: string, ...parameters: SQLInputValue[]): { readonly changes: number; readonly inserted: number } {
    const { changes, lastInsertRowid } = this.prepared(sql).run(...parameters);
    return { changes: Number(changes), inserted: Number(lastInsertRowid) };
  }

  /** Differs from its last value where another connection has committed since. */
  dataVersion(): number {
    return this.get<{ data_version: number }>("PRAGMA data_version")?.data_version ?? 0;
  }

  /** Runs reads over one snapshot of the file. */
  read<Result>(body: () => Result): Result {
    this.connection.exec("BEGIN");
    try {
      return body();
    } finally {
      this.connection.exec("COMMIT");
    }
  }

  /**
   * Runs the body in one transaction, which is on disk when this resolves; where the body throws, nothing is written.
   * Writes of this process wait for each other's commit, not for the disk, and those of other processes are waited for up to
   * 15 seconds. `committed` runs after it in the same turn of the event loop. @throws Superseded where the corpus has another
   * content
   */
  async write<Result>(body: () => Result, committed: () => void = () => undefined): Promise<Result> {
    const transaction = this.writing
      .then(() => this.checkpoints.room(LOG_BYTES))
      .then(() => this.transact(body, committed));
    this.writing = transaction.catch(() => undefined).then(() => nextTurn());
    const { result, durable } = await transaction;
    await durable;
    this.checkpoints.committed();
    return result;
  }

  /** Resolves once everything that can be read now is on disk, whoever has committed it. @throws Error what the disk or SQLite says */
  async durable(): Promise<void> {
    if (!this.isLogSuspect) {
      const failure = await this.log.sync().catch((error: unknown) => ({ error }));
      // One that began meanwhile may have met pages of this one.
      if (failure === undefined && !this.isLogSuspect) return;
      this.isLogSuspect = true;
    }
    // Of pages that could not be written a later fsync tells nothing (https://wiki.postgresql.org/wiki/Fsync_Errors): they
    // are safe once the file has them.
    const { busy } = this.get<{ busy: number }>("PRAGMA wal_checkpoint(FULL)") ?? {};
    if (busy !== 0) throw new ServiceError("storage-failed", "The disk does not take the corpus.", { retryable: true });
    this.isLogSuspect = false;
  }

  private transact<Result>(body: () => Result, committed: () => void): Promise<Committed<Result>> {
    return patiently(
      () => this.begin(),
      () => {
        try {
          if (this.content?.isCurrent() === false) throw new Superseded();
          const result = body();
          this.connection.exec("COMMIT");
          // The disk is busy already while `committed` runs.
          const durable = this.durable();
          durable.catch(() => undefined);
          committed();
          return { result, durable };
        } catch (error) {
          if (this.connection.isTransaction) this.connection.exec("ROLLBACK");
          throw error;
        }
      },
    );
  }

  /** Takes the lock or fails at once: searches must not wait behind another process's transaction. */
  private begin(): void {
    this.connection.exec("PRAGMA busy_timeout = 0");
    try {
      this.run("BEGIN IMMEDIATE");
    } finally {
      this.connection.exec(`PRAGMA busy_timeout = ${READ_PATIENCE_MS}`);
    }
  }

  async close(): Promise<void> {
    await this.checkpoints.close();
    await this.log.close();
    this.statements.clear();
    this.connection.close();
  }

  private prepared(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.connection.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

/**
 * Attempts while another connection has the lock, then goes on in the same turn of the event loop, so that nothing comes in between.
 * The attempt must run a prepared statement: Deno tells SQLite's code of these alone.
 */
async function patiently<Result>(attempt: () => void, goOn: () => Result): Promise<Result> {
  for (const deadline = Date.now() + LOCK_PATIENCE_MS; !succeeds(attempt, Date.now() > deadline); ) {
    await delay(1 + Math.random() * MAX_RETRY_MS);
  }
  return goOn();
}

function succeeds(attempt: () => void, isLast: boolean, forgiven = LOCKED): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    if (isLast || !forgiven.has(codeOf(error))) throw error;
    return false;
  }
}

/** SQLITE_BUSY, SQLITE_LOCKED, and SQLITE_PROTOCOL, which a race of the first connections to a file ends with. */
const LOCKED: ReadonlySet<number> = new Set([5, 6, 15]);
/** The same, and SQLITE_FULL. */
const MAY_WAIT: ReadonlySet<number> = new Set([...LOCKED, 13]);
const PRIMARY_CODE = 0xff;

/** Whether SQLite failed because another connection has the lock. */
export function isLocked(error: unknown): boolean {
  return LOCKED.has(codeOf(error));
}

/** SQLite's primary result code; 0 where the error is none of SQLite's. */
function codeOf(error: unknown): number {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & PRIMARY_CODE : 0;
}
