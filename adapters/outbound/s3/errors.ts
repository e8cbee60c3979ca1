import { abortError, type ErrorCode, ServiceError } from "../../../domain/errors.ts";

/** Names of S3's errors (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) and the SDK's own, where the status would mislead. */
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  ExpiredToken: "vendor-auth",
  InvalidToken: "vendor-auth",
  TokenRefreshRequired: "vendor-auth",
  CredentialsProviderError: "vendor-auth",
  TokenProviderError: "vendor-auth",
  NoSuchBucket: "vendor-rejected",
  RequestTimeout: "vendor-unavailable",
  TimeoutError: "vendor-unavailable",
  SlowDown: "rate-limited",
  ServiceUnavailable: "rate-limited",
  NoSuchKey: "not-found",
  NotFound: "not-found",
};

const TEXTS: Partial<Record<ErrorCode, string>> = {
  "rate-limited": "S3 limits the rate",
  "vendor-auth":
    "S3 refuses access, or there are no credentials; it also does where nothing is there and the role lacks s3:ListBucket",
  "vendor-rejected": "S3 rejected the request",
  "vendor-unavailable": "S3 cannot answer now",
  "not-found": "There is no such object",
};

/** What errors of the SDK carry beside a name. */
interface Failure extends Error {
  readonly code?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: unknown;
}

/**
 * The ServiceError that an error of a call stands for, by its name, status or system code; what is no failure of S3 comes
 * back as it is. @param what `s3://bucket/key` @param signal the call's: where it is aborted, nothing else counts
 */
export function translateError(error: unknown, what: string, signal: AbortSignal): unknown {
  if (signal.aborted) return abortError(signal);
  if (!(error instanceof Error) || error instanceof ServiceError) return error;
  const failure: Failure = error;
  const status = failure.$metadata?.httpStatusCode;
  const code = BY_NAME[failure.name] ?? (failure.$fault === undefined ? undefined : codeOfStatus(status));
  if (code !== undefined) return failed(code, what, failure.name, error);
  // Files of this machine fail in calls of the system, connections and name servers too; only these are not S3's.
  if ("path" in failure && typeof failure.code === "string") return unwritable(what, failure.code, error);
  if (typeof failure.code === "string" && !(error instanceof TypeError))
    return failed("vendor-unavailable", what, failure.code, error);
  if (failure.$response !== undefined || error instanceof SyntaxError)
    return invalidReply(what, "is not readable", error);
  return error;
}

/** A reply that is malformed, cut short or too long; `how` goes on after "The object". */
export function invalidReply(what: string, how: string, cause?: unknown): ServiceError {
  return new ServiceError("vendor-reply-invalid", `The object ${what} ${how}.`, { retryable: true, cause });
}

function unwritable(what: string, why: string, cause: unknown): ServiceError {
  return new ServiceError("storage-failed", `The file of ${what} cannot be read or written here (${why}).`, { cause });
}

function failed(code: ErrorCode, what: string, why: string, cause: unknown): ServiceError {
  const retryable = code === "vendor-unavailable" || code === "rate-limited";
  return new ServiceError(code, `${TEXTS[code] ?? "S3 failed"} (${why}): ${what}.`, { retryable, cause });
}

function codeOfStatus(status: number | undefined): ErrorCode {
  if (status === 401 || status === 403) return "vendor-auth";
  if (status === 404) return "not-found";
  if (status === 429) return "rate-limited";
  return status === undefined || status === 408 || status >= 500 ? "vendor-unavailable" : "vendor-rejected";
}
