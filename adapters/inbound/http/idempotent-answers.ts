import { SharedAnswer } from "../../../application/shared-answer.ts";
import type { AnswerEvent } from "../../../domain/answer.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import { statusOf } from "./problem.ts";

/** A request that may come again. */
export interface RepeatableRequest {
  /** The caller's key for it, with all that tells callers apart. */
  readonly key: string;
  /** Alike only where the same is asked. */
  readonly fingerprint: string;
}

export interface IdempotencyLimits {
  /** Answers that are kept. */
  readonly answers: number;
  /** Of all that are kept. */
  readonly totalBytes: number;
  /** Of one answer; what is larger is not kept. */
  readonly answerBytes: number;
  /** How long an answer is kept. */
  readonly ageMs: number;
}

export const IDEMPOTENCY_LIMITS: IdempotencyLimits = {
  answers: 10_000,
  totalBytes: 64 * 1024 * 1024,
  answerBytes: 1024 * 1024,
  ageMs: 24 * 60 * 60 * 1000,
};

/** What an entry takes besides its key and its events. */
const ENTRY_BYTES = 1024;

interface Entry {
  readonly fingerprint: string;
  readonly answer: SharedAnswer;
  expiresAtMs: number;
}

/**
 * Answers a request once, however often it comes: while the answer is under way all share it, and afterwards it is kept. What
 * failed is kept only where the request itself was at fault. Kept in this process' memory; the oldest go first.
 */
export class IdempotentAnswers {
  private readonly limits: IdempotencyLimits;
  private readonly now: () => number;
  private readonly underWay = new Map<string, Entry>();
  /** In the order in which they ended. */
  private readonly kept = new Map<string, Entry>();
  private keptBytes = 0;

  /** @param now milliseconds on a clock that never goes back */
  constructor(limits: IdempotencyLimits, now: () => number = () => performance.now()) {
    this.limits = limits;
    this.now = now;
  }

  /**
   * The events of the answer, from the first on; `start` is called only where nobody has asked this before. Work goes on while
   * anybody reads.
   * @throws ServiceError idempotency-conflict (the key came with another request before); and as SharedAnswer does
   */
  async *stream(
    { key, fingerprint }: RepeatableRequest,
    start: (signal: AbortSignal) => AsyncIterable<AnswerEvent>,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerEvent, void, undefined> {
    throwIfAborted(signal);
    this.dropExpired();
    const entry = this.underWay.get(key) ?? this.kept.get(key) ?? this.begin(key, fingerprint, start);
    if (entry.fingerprint !== fingerprint) {
      throw new ServiceError("idempotency-conflict", "This idempotency key came with another body before.");
    }
    yield* entry.answer.read(signal);
  }

  private begin(key: string, fingerprint: string, start: (signal: AbortSignal) => AsyncIterable<AnswerEvent>): Entry {
    const answer = new SharedAnswer(start, this.limits.answerBytes, () => {
      this.underWay.delete(key);
      if (answer.isWhole && isDefinite(answer)) this.keep(key, entry);
    });
    const entry = { fingerprint, answer, expiresAtMs: Number.POSITIVE_INFINITY };
    this.underWay.set(key, entry);
    return entry;
  }

  private keep(key: string, entry: Entry): void {
    entry.expiresAtMs = this.now() + this.limits.ageMs;
    this.kept.set(key, entry);
    this.keptBytes += bytesOf(key, entry);
    for (const [oldest, found] of this.kept) {
      if (this.kept.size <= this.limits.answers && this.keptBytes <= this.limits.totalBytes) return;
      this.drop(oldest, found);
    }
  }

  private dropExpired(): void {
    const now = this.now();
    for (const [key, entry] of this.kept) {
      if (entry.expiresAtMs > now) return;
      this.drop(key, entry);
    }
  }

  private drop(key: string, entry: Entry): void {
    this.kept.delete(key);
    this.keptBytes -= bytesOf(key, entry);
  }
}

function bytesOf(key: string, { answer }: Entry): number {
  return ENTRY_BYTES + 2 * key.length + answer.bytes;
}

/** Whether the same request would get the same again: an answer, or a refusal of the request itself. */
function isDefinite({ outcome }: SharedAnswer): boolean {
  if (outcome === "done") return true;
  if (!(outcome instanceof ServiceError) || outcome.retryable) return false;
  return [400, 422].includes(statusOf(outcome));
}
