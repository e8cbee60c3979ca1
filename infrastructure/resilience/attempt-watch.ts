import { ServiceError } from "../../domain/errors.ts";
import type { Clock } from "./clock.ts";

/** Bounds of one attempt, in milliseconds. */
export interface AttemptLimits {
  /** From the attempt's begin to a stream's first event. */
  readonly firstTokenMs: number;
  /** Of silence between two events of a stream. */
  readonly idleMs: number;
  /** From the attempt's begin to its end. */
  readonly attemptMs: number;
}

export interface WatchOptions {
  /** Name of the model, for messages. */
  readonly model: string;
  readonly limits: AttemptLimits;
  readonly caller: AbortSignal;
  /** When the completion's total time is over, on the clock. */
  readonly endsAt: number;
  /** Whether the attempt is a stream, which tells when it begins to answer. */
  readonly streams: boolean;
  readonly clock: Clock;
}

/**
 * The signal of one attempt: it aborts with the caller's, when the completion's total time is over (`timeout`), and when
 * the vendor takes longer than a bound (`vendor-unavailable`, so that another attempt may follow). Time in which nobody
 * waits for the vendor, since the reader of a stream is slow, is not held against it.
 *
 * One timer an attempt: what happens is noted by its time, and a timer that comes too early sets itself anew.
 */
export class AttemptWatch {
  readonly startedAt: number;
  private readonly controller = new AbortController();
  private readonly caller: AbortSignal;
  private readonly model: string;
  private readonly limits: AttemptLimits;
  private readonly endsAt: number;
  private readonly clock: Clock;
  private readonly follow = () => this.controller.abort(this.caller.reason);
  private readonly check = () => this.lookAtClock();
  private readonly streams: boolean;
  private cancelTimer: () => void = () => {};
  private hasBegun = false;
  private hasEnded = false;
  /** When the wait for the next event began; undefined while nobody waits. */
  private waitingSince: number | undefined;

  constructor({ model, limits, caller, endsAt, streams, clock }: WatchOptions) {
    this.model = model;
    this.limits = limits;
    this.caller = caller;
    this.endsAt = endsAt;
    this.streams = streams;
    this.clock = clock;
    this.startedAt = clock.now();
    this.waitingSince = this.startedAt;
    if (caller.aborted) this.follow();
    else caller.addEventListener("abort", this.follow, { once: true });
    this.lookAgainAt(Math.min(this.silentUntil(this.startedAt), this.attemptEndsAt), this.startedAt);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The reader asks for the next event. */
  waits(): void {
    this.waitingSince = this.clock.now();
  }

  /** An event came. */
  received(): void {
    this.waitingSince = undefined;
    if (this.hasBegun || this.hasEnded) return;
    // From now on silence counts, which may be allowed for less time than the begin was.
    this.hasBegun = true;
    this.cancelTimer();
    const now = this.clock.now();
    this.lookAgainAt(now + this.limits.idleMs, now);
  }

  /** Aborts the attempt: nobody wants it any more. */
  abort(): void {
    this.controller.abort(new ServiceError("cancelled", "Another attempt was faster."));
  }

  /** Lets go of the timer and of the caller's signal. */
  end(): void {
    this.hasEnded = true;
    this.cancelTimer();
    this.caller.removeEventListener("abort", this.follow);
  }

  private lookAtClock(): void {
    const now = this.clock.now();
    const due = this.waitingSince === undefined ? now + this.limits.idleMs : this.silentUntil(this.waitingSince);
    if (now >= this.endsAt) {
      const text = "The completion took longer than all its attempts may.";
      this.controller.abort(new ServiceError("timeout", text, { retryable: true }));
    } else if (this.waitingSince !== undefined && now >= Math.min(due, this.attemptEndsAt)) {
      const text = `The model ${this.model} ${this.howItFailed(now)}.`;
      this.controller.abort(new ServiceError("vendor-unavailable", text, { retryable: true }));
    } else {
      this.lookAgainAt(this.waitingSince === undefined ? due : Math.min(due, this.attemptEndsAt), now);
    }
  }

  private howItFailed(now: number): string {
    const { firstTokenMs, idleMs, attemptMs } = this.limits;
    if (now >= this.attemptEndsAt) return `did not end its answer within ${attemptMs} ms`;
    return this.hasBegun
      ? `was silent for ${idleMs} ms amid its answer`
      : `did not begin to answer within ${firstTokenMs} ms`;
  }

  private get attemptEndsAt(): number {
    return this.startedAt + this.limits.attemptMs;
  }

  /** An answer that comes whole is silent until it is there. */
  private silentUntil(waitingSince: number): number {
    if (!this.streams) return this.attemptEndsAt;
    return this.hasBegun ? waitingSince + this.limits.idleMs : this.startedAt + this.limits.firstTokenMs;
  }

  private lookAgainAt(at: number, now: number): void {
    this.cancelTimer = this.clock.schedule(this.check, Math.min(at, this.endsAt) - now);
  }
}
