import { APIConnectionError, APIError } from "openai/error";
import { abortError, type ErrorCode, ServiceError } from "../../../domain/errors.ts";

/** Error codes and types of the API that say more than the status (https://developers.openai.com/api/docs/guides/error-codes). */
const BY_VENDOR_CODE: Readonly<Record<string, ErrorCode>> = {
  context_length_exceeded: "context-overflow",
  content_filter: "content-refused",
  content_policy_violation: "content-refused",
  invalid_prompt: "content-refused",
  insufficient_quota: "rate-limited",
  rate_limit_exceeded: "rate-limited",
  invalid_api_key: "vendor-auth",
  model_not_found: "vendor-rejected",
  server_error: "vendor-unavailable",
};

/** What of the vendor's words may stand in our message: a status, a code, the name of a parameter. */
const PLAIN = /^[\w.[\]-]{1,80}$/u;

const TEXTS: Partial<Record<ErrorCode, string>> = {
  "context-overflow": "The prompt is longer than the model takes",
  "content-refused": "The OpenAI API declined the content",
  "rate-limited": "The OpenAI API limits the rate or the quota",
  "vendor-auth": "The OpenAI API refuses the configured key, or what it may do",
  "vendor-rejected": "The OpenAI API rejected the request",
  "vendor-unavailable": "The OpenAI API cannot answer now",
};

/**
 * The ServiceError that an error of a call stands for, by its class, status and code; what is no failure of the vendor
 * comes back as it is.
 *
 * @param signal the one that the call was given: where it is aborted, nothing else counts
 */
export function translateError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return abortError(signal);
  if (error instanceof APIConnectionError) return unreachable(error);
  if (error instanceof APIError) return translateApiError(error);
  // What JSON.parse throws.
  if (error instanceof SyntaxError) return invalidReply("is not readable", error);
  return error;
}

/** The failure that a reply reports although its status does not; `reported` is what stands under `error`. */
export function reportedFailure(reported: object): ServiceError {
  return translateApiError(new APIError(undefined, reported, undefined, undefined));
}

/** A reply that is malformed, cut short or empty; `how` goes on after "The OpenAI API's reply". */
export function invalidReply(how: string, cause?: unknown): ServiceError {
  return new ServiceError("vendor-reply-invalid", `The OpenAI API's reply ${how}.`, { retryable: true, cause });
}

/** The model's own refusal to answer, which the API reports beside the text. */
export function refusal(): ServiceError {
  return new ServiceError("content-refused", "The model declined to answer.");
}

function unreachable(cause: Error): ServiceError {
  const text = "The OpenAI API cannot be reached, or broke off the connection.";
  return new ServiceError("vendor-unavailable", text, { retryable: true, cause });
}

function translateApiError(error: APIError): ServiceError {
  const status = error.status ?? statusIn(error.code);
  const code = codeOf(error, status);
  const details = [status, error.code ?? error.type, error.param].filter((detail) => PLAIN.test(String(detail ?? "")));
  const text = TEXTS[code] ?? "The OpenAI API failed";
  const quotaIsSpent = error.code === "insufficient_quota" || error.type === "insufficient_quota";
  return new ServiceError(code, details.length === 0 ? `${text}.` : `${text} (${details.join(", ")}).`, {
    retryable: code === "vendor-unavailable" || (code === "rate-limited" && !quotaIsSpent),
    cause: error,
    ...retryAfter(error.headers),
  });
}

function codeOf({ code, type }: APIError, status: number | undefined): ErrorCode {
  const named = codeOfWord(code) ?? codeOfWord(type);
  if (named !== undefined) return named;
  if (status === 401 || status === 403) return "vendor-auth";
  if (status === 429) return "rate-limited";
  if (status === undefined) return type === "invalid_request_error" ? "vendor-rejected" : "vendor-unavailable";
  return status === 408 || status === 409 || status >= 500 ? "vendor-unavailable" : "vendor-rejected";
}

function codeOfWord(word: string | null | undefined): ErrorCode | undefined {
  return Object.hasOwn(BY_VENDOR_CODE, word ?? "") ? BY_VENDOR_CODE[word ?? ""] : undefined;
}

/** An error inside a stream has no status; some servers put one into its code. */
function statusIn(code: unknown): number | undefined {
  const status = Number(code ?? Number.NaN);
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined;
}

function retryAfter(headers: Headers | undefined): { readonly retryAfterMs?: number } {
  const exact = headers?.get("retry-after-ms");
  if (exact && Number(exact) >= 0 && Number.isFinite(Number(exact))) return { retryAfterMs: Number(exact) };
  const header = headers?.get("retry-after");
  if (!header) return {};
  const seconds = Number(header);
  const waitMs = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isFinite(waitMs) ? { retryAfterMs: Math.max(0, Math.ceil(waitMs)) } : {};
}
