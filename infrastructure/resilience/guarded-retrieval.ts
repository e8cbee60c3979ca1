import { abortError, type ErrorCode, ServiceError, throwIfAborted } from "../../domain/errors.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../domain/ports/retrieval-port.ts";
import type { Admission, CircuitBreaker } from "./circuit-breaker.ts";
import type { Clock } from "./clock.ts";
import type { RetrievalRecorder } from "./recorder.ts";

export interface RetrievalGuard {
  /** Name of the search in the config. */
  readonly search: string;
  readonly timeoutMs: number;
  readonly breaker: CircuitBreaker;
  readonly clock: Clock;
  readonly recorder: RetrievalRecorder;
}

/** What tells of an engine's health, rather than of what it was asked. */
const ENGINES_FAULTS: ReadonlySet<ErrorCode> = new Set([
  "retrieval-unavailable",
  "vendor-unavailable",
  "vendor-reply-invalid",
  "vendor-auth",
  "rate-limited",
]);

/** A search engine that is given up after a while, and that is left alone for a time where it has failed too often. */
export class GuardedRetrieval implements RetrievalPort {
  private readonly retrieval: RetrievalPort;
  private readonly guard: RetrievalGuard;

  constructor(retrieval: RetrievalPort, guard: RetrievalGuard) {
    this.retrieval = retrieval;
    this.guard = guard;
  }

  async retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    throwIfAborted(signal);
    const { search, breaker, clock, recorder } = this.guard;
    const admission = breaker.admit();
    if (admission === undefined) {
      recorder.retrieved(search, "open", 0);
      throw new ServiceError("retrieval-unavailable", `The search ${search} has failed too often and is left alone.`, {
        retryable: true,
      });
    }
    const startedAt = clock.now();
    try {
      const found = await this.withinTimeout(request, signal);
      breaker.succeeded(admission);
      recorder.retrieved(search, "answered", clock.now() - startedAt);
      return found;
    } catch (error) {
      this.report(error, admission, signal, clock.now() - startedAt);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.retrieval.close?.();
  }

  private async withinTimeout(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    const { search, timeoutMs, clock } = this.guard;
    const controller = new AbortController();
    const follow = () => controller.abort(abortError(signal));
    signal.addEventListener("abort", follow, { once: true });
    const text = `The search ${search} did not answer within ${timeoutMs} ms.`;
    const cancel = clock.schedule(
      () => controller.abort(new ServiceError("retrieval-unavailable", text, { retryable: true })),
      timeoutMs,
    );
    try {
      return await this.retrieval.retrieve(request, controller.signal);
    } finally {
      cancel();
      signal.removeEventListener("abort", follow);
    }
  }

  private report(error: unknown, admission: Admission, signal: AbortSignal, ms: number): void {
    const { search, breaker, recorder } = this.guard;
    const code = error instanceof ServiceError ? error.code : "error";
    recorder.retrieved(search, signal.aborted ? "left" : code, ms);
    const retryAfterMs = error instanceof ServiceError ? error.retryAfterMs : undefined;
    if (signal.aborted || code === "error" || !ENGINES_FAULTS.has(code)) breaker.released(admission);
    else if (code === "rate-limited" && retryAfterMs !== undefined) breaker.coolsDown(admission, retryAfterMs);
    else breaker.failed(admission);
  }
}
