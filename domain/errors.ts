/**
 * Every way in which Pharos fails on purpose. Closed: a new code needs a row in the table of HTTP statuses and in docs/errors.md.
 *
 * - `invalid-request` the caller's input breaks a rule; `problems` lists every one
 * - `unauthenticated` the caller has no valid key; `forbidden` its key may not do this
 * - `limit-exceeded` the caller's key has used up its requests, its tokens or its budget; `retryAfterMs` says until when
 * - `idempotency-conflict` the same idempotency key came with another body
 * - `unsupported-model`, `unsupported-vector-db` a name that the config does not hold
 * - `not-configured` a name that the config holds, but whose settings are missing
 * - `not-found` no such route, corpus or document
 * - `method-not-allowed`, `unsupported-media-type`, `body-too-large` as in HTTP
 * - `corpus-read-only` a search engine that Pharos cannot write to
 * - `filter-unsupported` the engine cannot honour this filter exactly, so it refuses it
 * - `embedder-mismatch` a corpus was built with another embedder than the one configured
 * - `context-overflow` the prompt is longer than the model takes
 * - `content-refused` the vendor declined the content
 * - `rate-limited` a vendor throttles; `retryAfterMs` where it said so
 * - `vendor-auth` a vendor refuses Pharos' own credentials
 * - `vendor-rejected` a vendor calls the request invalid, or does not know the model
 * - `vendor-unavailable` a vendor cannot be reached, or answers 5xx
 * - `vendor-reply-invalid` a reply that is malformed, cut short or empty
 * - `retrieval-unavailable` the search engine cannot answer now
 * - `storage-failed` the record of the documents cannot be read or written
 * - `overloaded` a bounded queue is full
 * - `timeout` the deadline passed; `cancelled` the caller went away; `shutting-down` the service drains
 */
export type ErrorCode =
  | "invalid-request"
  | "unauthenticated"
  | "forbidden"
  | "limit-exceeded"
  | "idempotency-conflict"
  | "unsupported-model"
  | "unsupported-vector-db"
  | "not-configured"
  | "not-found"
  | "method-not-allowed"
  | "unsupported-media-type"
  | "body-too-large"
  | "corpus-read-only"
  | "filter-unsupported"
  | "embedder-mismatch"
  | "context-overflow"
  | "content-refused"
  | "rate-limited"
  | "vendor-auth"
  | "vendor-rejected"
  | "vendor-unavailable"
  | "vendor-reply-invalid"
  | "retrieval-unavailable"
  | "storage-failed"
  | "overloaded"
  | "timeout"
  | "cancelled"
  | "shutting-down";

/** One thing that is wrong with an input: where it stands (`history[2].role`, "" for the whole) and what is allowed there. */
export interface Problem {
  readonly field: string;
  readonly message: string;
}

export interface ServiceErrorOptions {
  /** Whether the same call may succeed later without a change. Default: false. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** What the vendor asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly problems?: readonly Problem[];
  /** The names that would have been accepted. */
  readonly supported?: readonly string[];
}

/** An expected failure, safe to show to the caller: its message holds no secret and no stack. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly problems: readonly Problem[];
  readonly supported: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.problems = options.problems ?? [];
    this.supported = options.supported;
  }
}

/**
 * The error that an aborted signal stands for: its own reason where that is a ServiceError, `timeout` where a deadline
 * aborted it (`AbortSignal.timeout`), else `cancelled`.
 */
export function abortError(signal: AbortSignal): ServiceError {
  const { reason } = signal;
  if (reason instanceof ServiceError) return reason;
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  return timedOut
    ? new ServiceError("timeout", "The deadline passed before the work was done.", { retryable: true })
    : new ServiceError("cancelled", "The caller cancelled the request.");
}

/** @throws ServiceError `timeout` or `cancelled` where the signal is aborted already */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}
