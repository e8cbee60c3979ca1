import { type ErrorCode, ServiceError } from "../../../domain/errors.ts";

interface Translation {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable?: boolean;
}

const REFUSED: Translation = {
  code: "vendor-auth",
  message: "AWS refuses the credentials, or they may not search the index",
};
const UNAVAILABLE: Translation = { code: "vendor-unavailable", message: "Kendra fails on its side", retryable: true };
const UNREACHABLE: Translation = { code: "vendor-unavailable", message: "Kendra cannot be reached", retryable: true };
const REJECTED: Translation = { code: "vendor-rejected", message: "Kendra calls the search invalid" };
const THROTTLED: Translation = {
  code: "rate-limited",
  message: "Kendra throttles the index's searches",
  retryable: true,
};
const INVALID: Translation = { code: "vendor-reply-invalid", message: "Kendra's reply cannot be read" };

/** Exceptions of Retrieve, those that all AWS services share, and those of the SDK's credential chain. */
const BY_NAME: Readonly<Record<string, Translation>> = {
  ThrottlingException: THROTTLED,
  TooManyRequestsException: THROTTLED,
  AccessDeniedException: REFUSED,
  UnrecognizedClientException: REFUSED,
  InvalidClientTokenId: REFUSED,
  InvalidSignatureException: REFUSED,
  ExpiredTokenException: REFUSED,
  IncompleteSignatureException: REFUSED,
  MissingAuthenticationTokenException: REFUSED,
  CredentialsProviderError: { code: "vendor-auth", message: "No AWS credentials were found" },
  TokenProviderError: { code: "vendor-auth", message: "No AWS credentials were found" },
  ResourceNotFoundException: {
    code: "vendor-rejected",
    message: "Kendra does not know the index of the setting index_id",
  },
  ValidationException: REJECTED,
  ConflictException: { code: "vendor-rejected", message: "The Kendra index is in no state to be searched" },
  InternalServerException: UNAVAILABLE,
  ServiceUnavailableException: UNAVAILABLE,
  ServiceQuotaExceededException: {
    code: "vendor-unavailable",
    message: "A quota of the AWS account for Kendra is used up",
  },
  TimeoutError: UNREACHABLE,
};

/** The ServiceError that a failed search stands for; an error that is neither Kendra's nor the network's comes back as it is. */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ServiceError) return error;
  const known = Object.hasOwn(BY_NAME, error.name) ? BY_NAME[error.name] : undefined;
  const translation = known ?? byCode(error) ?? byStatus(error);
  if (translation === undefined) return error;
  const { code, message, retryable = false } = translation;
  const retryAfterMs = code === "rate-limited" ? retryAfterOf(error) : undefined;
  return new ServiceError(code, `${message}${known === undefined ? "" : ` (${error.name})`}.`, {
    retryable,
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The `vendor-reply-invalid` of a reply that is JSON, but not Kendra's. */
export function invalidReply(cause: unknown): ServiceError {
  return new ServiceError(INVALID.code, `${INVALID.message}.`, { cause });
}

/** Failures of sockets, names and certificates are plain errors with a code in text; a bug's code comes with a class. */
function byCode(error: Error): Translation | undefined {
  if (error instanceof TypeError || error instanceof RangeError) return undefined;
  return "code" in error && typeof error.code === "string" ? UNREACHABLE : undefined;
}

/** An answer that came, but is no exception that we know, or no JSON at all. */
function byStatus(error: Error): Translation | undefined {
  const status = statusOf(error);
  if (status === undefined) return undefined;
  if (status === 429) return THROTTLED;
  if (status === 401 || status === 403) return REFUSED;
  if (status >= 500) return UNAVAILABLE;
  return status >= 400 && "$fault" in error ? REJECTED : INVALID;
}

function statusOf(error: Error): number | undefined {
  const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

/** Milliseconds of the header `retry-after`, where it is there and in seconds. */
function retryAfterOf(error: Error): number | undefined {
  const response: unknown = "$response" in error ? error.$response : undefined;
  if (typeof response !== "object" || response === null || !("headers" in response)) return undefined;
  const headers = new Headers(response.headers as Record<string, string>);
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
