import type { Clock } from "../../adapters/outbound/kendra/clock.ts";
import { throwIfAborted } from "../../domain/errors.ts";

/** A clock on which every wait is over at once, with its time passed. */
export class SkippingClock implements Clock {
  /** Milliseconds of every wait so far, in the order in which they began. */
  readonly waits: number[] = [];
  private timeMs = 0;

  now(): number {
    return this.timeMs;
  }

  async delay(milliseconds: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    this.waits.push(milliseconds);
    this.pass(milliseconds);
  }

  pass(milliseconds: number): void {
    this.timeMs += milliseconds;
  }
}
