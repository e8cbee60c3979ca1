import { Worker } from "node:worker_threads";
import { type AccountUse, NO_USE, type PeriodUse, sumOf } from "../../domain/account-use.ts";
import type { Log } from "../../domain/log.ts";
import { StartError } from "../start-error.ts";
import type { DayUse } from "./tally-file.ts";
import type { FromTally, TallySettings, ToTally } from "./tally-worker.ts";

/** Use is on disk so long after at most. */
const WRITE_AFTER_MS = 1_000;
/** A day in UTC, which knows no other length (https://262.ecma-international.org/#sec-time-values-and-time-range). */
const DAY_MS = 86_400_000;
/** Time between two warnings that the file fails. */
const SILENCE_MS = 60_000;

/**
 * What accounts have used, in memory and at most a second later in a file, which a thread of its own writes. Processes that
 * share the file learn of each other's use when they write of the same account. While the file cannot be written, what is
 * to be written waits, as one sum for each account and day.
 */
export class Tally {
  private readonly worker: Worker;
  private readonly file: string;
  private readonly log: Log;
  private readonly now: () => number;
  private readonly uses = new Map<string, PeriodUse>();
  /** By account and day. */
  private waiting = new Map<string, DayUse>();
  private readonly replies: ((reply: FromTally) => void)[] = [];
  private today: string;
  /** Number of the day that is `today`. */
  private dayNumber: number;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private silentUntil = 0;
  /** Why the thread is not there any more. */
  private ended: string | undefined;

  private constructor(file: string, log: Log, now: () => number) {
    this.file = file;
    this.log = log;
    this.now = now;
    this.today = dayOf(now());
    this.dayNumber = Math.floor(Date.parse(this.today) / DAY_MS);
    const workerData: TallySettings = { file, today: this.today };
    this.worker = new Worker(new URL("./tally-worker.ts", import.meta.url), { workerData });
    this.worker.on("message", (reply: FromTally) => this.replies.shift()?.(reply));
    const bury = (failed: string) => {
      this.ended ??= failed;
      for (const reply of this.replies.splice(0)) reply({ failed });
    };
    this.worker.on("error", (error) => bury(error.message));
    this.worker.on("exit", () => bury("its thread ended"));
  }

  /**
   * Opens the file, which is made where it is not there.
   * @param now milliseconds since 1970
   * @throws StartError where it cannot be read: what was spent must not be forgotten unasked
   */
  static async open(file: string, log: Log, now: () => number = Date.now): Promise<Tally> {
    const tally = new Tally(file, log, now);
    const opened = await tally.reply();
    if ("failed" in opened) {
      await tally.worker.terminate();
      throw new StartError(
        `${file}, which keeps what each key has used, cannot be opened (${opened.failed}); without the file every budget begins anew`,
      );
    }
    tally.know(opened.uses);
    tally.worker.unref();
    return tally;
  }

  /** What the account has used today and this month, the last moment included. */
  useOf(account: string): PeriodUse {
    this.turnTheDay();
    return this.uses.get(account) ?? { account, day: NO_USE, month: NO_USE };
  }

  add(account: string, use: AccountUse): void {
    const { day, month } = this.useOf(account);
    this.uses.set(account, { account, day: sumOf(day, use), month: sumOf(month, use) });
    this.wait({ account, day: this.today, ...use });
    this.timer ??= setTimeout(() => void this.write(), WRITE_AFTER_MS).unref();
  }

  /** Writes what waits, and ends. */
  async close(): Promise<void> {
    await this.writing;
    await this.write();
    clearTimeout(this.timer);
    await this.ask({ close: true });
    await this.worker.terminate();
  }

  /** Resolves when what was added before is on disk, or cannot be written now. */
  async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (this.writing !== undefined) await this.writing;
    if (this.waiting.size === 0) return;
    this.writing = this.writeOnce().finally(() => {
      this.writing = undefined;
    });
    await this.writing;
  }

  private async writeOnce(): Promise<void> {
    const { today } = this;
    const rows = [...this.waiting.values()];
    this.waiting = new Map();
    const reply = await this.ask({ rows, today });
    if ("uses" in reply) {
      // Sums of a day that has passed meanwhile are of no use.
      if (today === this.today) this.know(reply.uses);
      return;
    }
    for (const row of rows) this.wait(row);
    this.timer ??= setTimeout(() => void this.write(), WRITE_AFTER_MS).unref();
    if (this.now() < this.silentUntil) return;
    this.silentUntil = this.now() + SILENCE_MS;
    const { file } = this;
    this.log.error({ file, reason: reply.failed }, "what the keys have used cannot be written; it is tried again");
  }

  private wait(row: DayUse): void {
    const key = `${row.account} ${row.day}`;
    const before = this.waiting.get(key);
    this.waiting.set(key, before === undefined ? row : { ...row, ...sumOf(before, row) });
  }

  /** The file's sums, and what it does not know yet. */
  private know(uses: readonly PeriodUse[]): void {
    const known = new Set<string>();
    for (const use of uses) {
      known.add(use.account);
      this.uses.set(use.account, use);
    }
    for (const { account, day: at, ...use } of this.waiting.values()) {
      if (!known.has(account)) continue;
      const { day, month } = this.useOf(account);
      const isToday = at === this.today;
      this.uses.set(account, { account, day: isToday ? sumOf(day, use) : day, month: sumOf(month, use) });
    }
  }

  /** Forgets the day's use where another day has begun, and all where another month has. */
  private turnTheDay(): void {
    const now = this.now();
    const dayNumber = Math.floor(now / DAY_MS);
    if (dayNumber === this.dayNumber) return;
    this.dayNumber = dayNumber;
    const today = dayOf(now);
    const sameMonth = today.slice(0, 7) === this.today.slice(0, 7);
    this.today = today;
    if (!sameMonth) this.uses.clear();
    for (const [account, { month }] of this.uses) this.uses.set(account, { account, day: NO_USE, month });
  }

  private ask(message: ToTally): Promise<FromTally> {
    if (this.ended !== undefined) return Promise.resolve({ failed: this.ended });
    const reply = this.reply();
    this.worker.ref();
    this.worker.postMessage(message);
    return reply.finally(() => this.worker.unref());
  }

  private reply(): Promise<FromTally> {
    const { promise, resolve } = Promise.withResolvers<FromTally>();
    this.replies.push(resolve);
    return promise;
  }
}

/** The day in UTC, as in `2026-11-26`. */
function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}
