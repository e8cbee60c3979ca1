import { DatabaseSync } from "node:sqlite";
import { type AccountUse, NO_USE, type PeriodUse, sumOf } from "../../domain/account-use.ts";
import { transact } from "../sqlite-transaction.ts";

const FORMAT = 1;
const LOCK_PATIENCE_MS = 2_000;
/** Days that are kept, for whoever wants to read them. */
const KEPT_DAYS = 400;
const DAY_MS = 86_400_000;

const COLUMNS = ["requests", "inputTokens", "outputTokens", "usd"] as const;

/** What an account has used on a day in UTC, as in `2026-11-26`. */
export interface DayUse extends AccountUse {
  readonly account: string;
  readonly day: string;
}

/**
 * What accounts have used, by days, in a SQLite file that several processes may share. It blocks: for a thread of its own.
 * Every method throws SQLite's errors.
 */
export class TallyFile {
  private readonly database: DatabaseSync;

  constructor(path: string) {
    this.database = new DatabaseSync(path);
    try {
      this.database.exec(`PRAGMA busy_timeout = ${LOCK_PATIENCE_MS}`);
      // Prepared, as whatever may meet a lock: Deno tells SQLite's code of these alone.
      this.database.prepare("PRAGMA journal_mode = WAL").get();
      this.database.exec("PRAGMA synchronous = NORMAL");
      this.prepare();
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  /** Adds what was used, all of it or nothing. */
  add(rows: readonly DayUse[]): void {
    const add = this.database.prepare(`
      INSERT INTO use (account, day, requests, inputTokens, outputTokens, usd) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (account, day) DO UPDATE SET ${COLUMNS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`);
    transact(this.database, () => {
      for (const { account, day, requests, inputTokens, outputTokens, usd } of rows)
        add.run(account, day, requests, inputTokens, outputTokens, usd);
    });
  }

  /** Today's use and the month's, of the accounts in their order that have used something; of all such where none is named. */
  uses(today: string, accounts?: readonly string[]): readonly PeriodUse[] {
    const select = (where: string, ...names: readonly string[]) =>
      this.database
        .prepare(`SELECT * FROM use WHERE day BETWEEN ? AND ? ${where} ORDER BY account`)
        .all(`${today.slice(0, 7)}-01`, today, ...names) as unknown as readonly DayUse[];
    const days = accounts === undefined ? select("") : accounts.flatMap((name) => select("AND account = ?", name));
    const uses = new Map<string, PeriodUse>();
    for (const use of days) {
      const { account } = use;
      const before = uses.get(account) ?? { account, day: NO_USE, month: NO_USE };
      uses.set(account, {
        account,
        day: use.day === today ? sumOf(NO_USE, use) : before.day,
        month: sumOf(before.month, use),
      });
    }
    return [...uses.values()];
  }

  close(): void {
    this.database.close();
  }

  private prepare(): void {
    const format = Number(Object.values(this.database.prepare("PRAGMA user_version").get() ?? {})[0]);
    if (format !== 0 && format !== FORMAT) throw new Error(`it is in format ${format}`);
    const oldest = new Date(Date.now() - KEPT_DAYS * DAY_MS).toISOString().slice(0, 10);
    transact(this.database, () => {
      this.database.exec(`
        CREATE TABLE IF NOT EXISTS use (
          account TEXT NOT NULL, day TEXT NOT NULL, requests INTEGER NOT NULL, inputTokens INTEGER NOT NULL,
          outputTokens INTEGER NOT NULL, usd REAL NOT NULL, PRIMARY KEY (account, day)
        ) WITHOUT ROWID;
        PRAGMA user_version = ${FORMAT}`);
      this.database.prepare("DELETE FROM use WHERE day < ?").run(oldest);
    });
  }
}
