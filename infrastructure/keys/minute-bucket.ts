import type { Allowance } from "../../domain/ports/allowance-port.ts";

const MINUTE_MS = 60_000;

/** What may be used in a minute: all of it at once, and what was used comes back evenly. It may be used beyond its end. */
export class MinuteBucket {
  readonly limit: number;
  private level: number;
  private countedAtMs: number;

  constructor(limit: number, nowMs: number) {
    this.limit = limit;
    this.level = limit;
    this.countedAtMs = nowMs;
  }

  use(amount: number, nowMs: number): void {
    this.count(nowMs);
    this.level -= amount;
  }

  /** Milliseconds until `amount` is there; 0 where it is. */
  waitMs(amount: number, nowMs: number): number {
    this.count(nowMs);
    return Math.max(0, Math.ceil(((amount - this.level) / this.limit) * MINUTE_MS));
  }

  /** @param held part of it that is spoken for */
  allowance(held: number, nowMs: number): Allowance {
    const resetMs = this.waitMs(this.limit + held, nowMs);
    return { limit: this.limit, remaining: Math.max(0, Math.floor(this.level - held)), resetMs };
  }

  private count(nowMs: number): void {
    const gained = ((nowMs - this.countedAtMs) / MINUTE_MS) * this.limit;
    this.level = Math.min(this.limit, this.level + Math.max(0, gained));
    this.countedAtMs = nowMs;
  }
}
