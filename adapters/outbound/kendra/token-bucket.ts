import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Clock } from "./clock.ts";

/** What was not used is kept for a day: https://docs.aws.amazon.com/kendra/latest/dg/adjusting-capacity.html */
const ACCUMULATED_SECONDS = 86_400;
/** What others have used before us is not known: as much as ten minutes bring is hoped for. */
const HOPED_FOR_SECONDS = 600;
const MOST_WAIT_MS = 60_000;

/** Paces calls at an index's capacity, as Kendra counts it: so many a second, and what was saved up over a day. */
export class TokenBucket {
  private readonly perSecond: number;
  private readonly clock: Clock;
  /** Calls that may go at once; below 0 where calls wait already. */
  private level: number;
  private countedAtMs: number;

  constructor(perSecond: number, clock: Clock) {
    this.perSecond = perSecond;
    this.clock = clock;
    this.level = Math.max(1, perSecond * HOPED_FOR_SECONDS);
    this.countedAtMs = clock.now();
  }

  /**
   * Waits until the next call may go, first come, first served.
   * @throws ServiceError rate-limited where that would take longer than a minute (says how long); timeout, cancelled
   */
  async take(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    this.count();
    const waitMs = Math.max(0, ((1 - this.level) / this.perSecond) * 1_000);
    if (waitMs > MOST_WAIT_MS) throw usedUp(waitMs);
    this.level -= 1;
    if (waitMs === 0) return;
    try {
      await this.clock.delay(waitMs, signal);
    } catch (error) {
      this.level += 1;
      throw error;
    }
  }

  /** Kendra says that nothing is left. */
  empty(): void {
    this.count();
    this.level = Math.min(0, this.level);
  }

  private count(): void {
    const now = this.clock.now();
    const gained = ((now - this.countedAtMs) / 1_000) * this.perSecond;
    this.level = Math.min(Math.max(1, this.perSecond * ACCUMULATED_SECONDS), this.level + gained);
    this.countedAtMs = now;
  }
}

function usedUp(retryAfterMs: number): ServiceError {
  return new ServiceError("rate-limited", "The Kendra index's capacity is used up for the next minute.", {
    retryable: true,
    retryAfterMs: Math.ceil(retryAfterMs),
  });
}
