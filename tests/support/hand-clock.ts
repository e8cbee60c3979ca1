import type { Clock } from "../../infrastructure/resilience/clock.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that the test moves; short waits may be over at once, with their time passed. */
export class HandClock implements Clock {
  /** Milliseconds of every wait that was skipped, in the order in which they began. */
  readonly waits: number[] = [];
  private readonly skipUpToMs: number;
  private readonly timers = new Set<Timer>();
  private timeMs = 1_000;

  /** @param skipUpToMs what is scheduled for so soon or sooner happens at once; default: nothing is */
  constructor(skipUpToMs = -1) {
    this.skipUpToMs = skipUpToMs;
  }

  now(): number {
    return this.timeMs;
  }

  schedule(callback: () => void, delayMs: number): () => void {
    if (delayMs <= this.skipUpToMs) {
      this.waits.push(delayMs);
      this.pass(delayMs);
      callback();
      return () => {};
    }
    const timer = { at: this.timeMs + delayMs, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Lets time pass, and what is due in it happen at its time. */
  pass(milliseconds: number): void {
    const until = this.timeMs + milliseconds;
    for (let next = this.nextBefore(until); next !== undefined; next = this.nextBefore(until)) {
      this.timers.delete(next);
      this.timeMs = Math.max(this.timeMs, next.at);
      next.callback();
    }
    this.timeMs = until;
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.timers.size;
  }

  private nextBefore(until: number): Timer | undefined {
    const due = [...this.timers].filter(({ at }) => at <= until);
    return due.toSorted((one, other) => one.at - other.at)[0];
  }
}
