import { ServiceError } from "../../domain/errors.ts";
import type { Completion, CompletionEvent, CompletionRequest } from "../../domain/ports/completion-port.ts";
import { type AttemptLimits, AttemptWatch } from "./attempt-watch.ts";
import type { Admission } from "./circuit-breaker.ts";
import type { Clock } from "./clock.ts";
import type { CompletionTarget } from "./completion-target.ts";
import { isVendorsFault } from "./failures.ts";
import type { AttemptOutcome, CompletionRecorder } from "./recorder.ts";

/** What all attempts have in common. */
export interface AttemptSettings {
  readonly limits: AttemptLimits;
  readonly clock: Clock;
  readonly recorder: CompletionRecorder;
}

export interface AttemptOptions {
  readonly target: CompletionTarget;
  /** As what the target's breaker has let it through. */
  readonly admission: Admission;
  readonly caller: AbortSignal;
  /** When the completion's total time is over, on the clock. */
  readonly endsAt: number;
  readonly streams: boolean;
}

/** One call of one target, within its bounds; the target's breaker hears of its outcome exactly once. */
export class CompletionAttempt {
  readonly target: CompletionTarget;
  private readonly admission: Admission;
  private readonly caller: AbortSignal;
  private readonly settings: AttemptSettings;
  private readonly watch: AttemptWatch;
  private iterator: AsyncIterator<CompletionEvent> | undefined;
  private hasBegun = false;
  private outcome: AttemptOutcome | undefined;

  constructor({ target, admission, caller, endsAt, streams }: AttemptOptions, settings: AttemptSettings) {
    this.target = target;
    this.admission = admission;
    this.caller = caller;
    this.settings = settings;
    const { limits, clock } = settings;
    this.watch = new AttemptWatch({ model: target.model, limits, caller, endsAt, streams, clock });
    target.inFlight += 1;
  }

  /** The answer at once. @throws whatever the target's port throws, and `vendor-unavailable` where it takes too long */
  async complete(request: CompletionRequest): Promise<Completion> {
    try {
      const completion = await this.target.port.complete(request, this.watch.signal);
      this.end("answered");
      return completion;
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** Begins a stream, and gives its first event. @throws as `complete` does */
  async open(request: CompletionRequest): Promise<CompletionEvent> {
    const { watch, settings } = this;
    try {
      this.iterator = this.target.port.stream(request, watch.signal)[Symbol.asyncIterator]();
      const { value } = await this.iterator.next();
      if (value === undefined) throw endedEarly(this.target.model);
      this.hasBegun = true;
      settings.recorder.firstToken(this.target, settings.clock.now() - watch.startedAt);
      return this.pass(value);
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** The stream's next event; undefined after its last. @throws as `complete` does */
  async next(): Promise<CompletionEvent | undefined> {
    const { iterator, watch } = this;
    if (iterator === undefined) throw new Error("The attempt is not open.");
    try {
      watch.waits();
      const { value } = await iterator.next();
      if (value === undefined) {
        if (this.outcome === undefined) throw endedEarly(this.target.model);
        return undefined;
      }
      return this.pass(value);
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** Ends the attempt whose reader wants no more of it; nothing where it has ended. */
  async leave(): Promise<void> {
    if (this.outcome === undefined) this.end("left");
    await this.iterator?.return?.();
  }

  /** Cancels the attempt, which somebody may still wait for: another one was faster. */
  abandon(): void {
    if (this.outcome === undefined) this.end("left");
    this.watch.abort();
  }

  private pass(event: CompletionEvent): CompletionEvent {
    this.watch.received();
    if (event.type === "finish") this.end("answered");
    return event;
  }

  /** Tells the failure to whom it concerns, and gives what the caller is to be told. */
  private fail(error: unknown): unknown {
    if (this.outcome !== undefined) return error;
    if (this.caller.aborted) this.end("left");
    else this.end(error instanceof ServiceError ? error.code : "error", error);
    return error;
  }

  private end(outcome: AttemptOutcome, error?: unknown): void {
    const { target, admission, settings, watch } = this;
    this.outcome = outcome;
    watch.end();
    target.inFlight -= 1;
    settings.recorder.attemptEnded(target, outcome, settings.clock.now() - watch.startedAt);
    const { breaker } = target;
    if (outcome === "answered" || (outcome === "left" && this.hasBegun)) breaker.succeeded(admission);
    else if (!isVendorsFault(error)) breaker.released(admission);
    else if (error.code === "rate-limited" && error.retryAfterMs !== undefined) {
      breaker.coolsDown(admission, error.retryAfterMs);
    } else breaker.failed(admission);
  }
}

/** The contract of the port forbids it, so this is the target's failure. */
function endedEarly(model: string): ServiceError {
  return new ServiceError("vendor-reply-invalid", `The answer of the model ${model} ended before its end.`, {
    retryable: true,
  });
}
