import { abortError, type ErrorCode, ServiceError } from "../../../domain/errors.ts";

/**
 * Names of exceptions: modelled ones, the ones common to all AWS services, and the SDK's own
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html).
 */
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  ThrottlingException: "rate-limited",
  Throttling: "rate-limited",
  TooManyRequestsException: "rate-limited",
  RequestLimitExceeded: "rate-limited",
  ServiceQuotaExceededException: "rate-limited",
  AccessDeniedException: "vendor-auth",
  UnrecognizedClientException: "vendor-auth",
  ExpiredTokenException: "vendor-auth",
  ExpiredToken: "vendor-auth",
  InvalidSignatureException: "vendor-auth",
  IncompleteSignature: "vendor-auth",
  InvalidClientTokenId: "vendor-auth",
  MissingAuthenticationToken: "vendor-auth",
  MissingAuthenticationTokenException: "vendor-auth",
  NotAuthorized: "vendor-auth",
  OptInRequired: "vendor-auth",
  RequestExpired: "vendor-auth",
  CredentialsProviderError: "vendor-auth",
  TokenProviderError: "vendor-auth",
  ValidationException: "vendor-rejected",
  ValidationError: "vendor-rejected",
  ResourceNotFoundException: "vendor-rejected",
  ConflictException: "vendor-rejected",
  BadGatewayException: "vendor-unavailable",
  DependencyFailedException: "vendor-unavailable",
  InternalServerException: "vendor-unavailable",
  InternalFailure: "vendor-unavailable",
  ServiceUnavailableException: "vendor-unavailable",
  ServiceUnavailable: "vendor-unavailable",
  ModelErrorException: "vendor-unavailable",
  ModelNotReadyException: "vendor-unavailable",
  ModelStreamErrorException: "vendor-unavailable",
  ModelTimeoutException: "vendor-unavailable",
  TimeoutError: "vendor-unavailable",
};

const TEXTS: Partial<Record<ErrorCode, string>> = {
  "rate-limited": "Bedrock limits the rate or the quota",
  "vendor-auth": "Bedrock refuses the AWS credentials, or there are none",
  "vendor-rejected": "Bedrock rejected the request",
  "vendor-unavailable": "Bedrock cannot answer now",
};

/**
 * The ServiceError that an error of a call stands for, by its name, status or system code; what is no failure of the
 * vendor comes back as it is. A prompt that is too long is a `vendor-rejected`: only its message would tell it apart.
 *
 * @param signal the one that the call was given: where it is aborted, nothing else counts
 */
export function translateError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return abortError(signal);
  if (!(error instanceof Error) || error instanceof ServiceError) return error;
  const failure: VendorFailure = error;
  const status = failure.$metadata?.httpStatusCode;
  // A member of an event stream is named as the exception, but for its first letter.
  const name = failure.name.replace(/^[a-z]/u, (letter) => letter.toUpperCase());
  const code = BY_NAME[name] ?? (failure.$fault === undefined ? undefined : codeOfStatus(status));
  if (code !== undefined) return failed(code, code === BY_NAME[name] ? name : status, failure);
  // Connections, also those that are lost in the body, and name servers fail with a code of the system.
  if (typeof failure.code === "string" && !(error instanceof TypeError))
    return failed("vendor-unavailable", failure.code, error);
  if (failure.$response !== undefined || error instanceof SyntaxError) return invalidReply("is not readable", error);
  return error;
}

/** As `translateError`, for what a stream's iterator throws: what has no name there is a broken frame. */
export function translateStreamError(error: unknown, signal: AbortSignal): unknown {
  const translated = translateError(error, signal);
  return translated instanceof ServiceError ? translated : invalidReply("holds a broken event", error);
}

/** A reply that is malformed, cut short or empty; `how` goes on after "Bedrock's reply". */
export function invalidReply(how: string, cause?: unknown): ServiceError {
  return new ServiceError("vendor-reply-invalid", `Bedrock's reply ${how}.`, { retryable: true, cause });
}

/** What errors of the SDK carry beside a name. */
interface VendorFailure extends Error {
  readonly code?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

function failed(code: ErrorCode, detail: string | number | undefined, cause: VendorFailure): ServiceError {
  const seconds = Number(cause.$response?.headers?.["retry-after"] || Number.NaN);
  return new ServiceError(code, `${TEXTS[code] ?? "Bedrock failed"}${detail === undefined ? "" : ` (${detail})`}.`, {
    retryable: code === "vendor-unavailable" || code === "rate-limited",
    cause,
    ...(seconds >= 0 && Number.isFinite(seconds) ? { retryAfterMs: Math.ceil(seconds * 1000) } : {}),
  });
}

function codeOfStatus(status: number | undefined): ErrorCode {
  if (status === 401 || status === 403) return "vendor-auth";
  if (status === 429) return "rate-limited";
  const itsOwn = status === undefined || status === 408 || status === 424 || status >= 500;
  return itsOwn ? "vendor-unavailable" : "vendor-rejected";
}
