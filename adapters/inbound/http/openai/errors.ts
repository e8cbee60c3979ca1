import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, type Problem, ServiceError } from "../../../../domain/errors.ts";
import type { HttpContext } from "../http-context.ts";
import { PROBLEMS } from "../problem.ts";

/** What is wrong with a parameter, in the words of the OpenAI API. */
export type ParameterCode =
  | "missing_required_parameter"
  | "invalid_type"
  | "invalid_value"
  | "unknown_parameter"
  | "unsupported_parameter";

export interface ParameterProblem extends Problem {
  readonly code: ParameterCode;
}

/** Parameters that break a rule, each with the code that the OpenAI API has for that. */
export class ParameterError extends ServiceError {
  readonly parameterCode: ParameterCode;

  /** @param problems at least one; the answer's `param` and `code` are those of the first */
  constructor(problems: readonly ParameterProblem[]) {
    super("invalid-request", "The request is invalid.", { problems });
    this.parameterCode = problems[0]?.code ?? "invalid_value";
  }
}

interface OpenAIErrorKind {
  /** That of the problem where absent. */
  readonly status?: 400 | 404;
  readonly type: "invalid_request_error" | "permission_error" | "rate_limit_error" | "server_error";
  readonly code: string;
  /** The parameter that it is about, where that is always the same. */
  readonly param?: string;
}

const invalid = (code: string, rest: Partial<OpenAIErrorKind> = {}): OpenAIErrorKind => ({
  type: "invalid_request_error",
  code,
  ...rest,
});
const failed = (code: string): OpenAIErrorKind => ({ type: "server_error", code });

/**
 * How each code of ours is told to clients of the OpenAI API; docs/openai-api.md shows it to the callers. Where that API has
 * a name for it, it is that one (https://developers.openai.com/api/docs/guides/error-codes): its clients look at the status
 * for the class of their error, and programs at the code.
 */
export const OPENAI_ERRORS: Readonly<Record<ErrorCode | "internal", OpenAIErrorKind>> = {
  "invalid-request": invalid("invalid_value"),
  "unsupported-model": invalid("model_not_found", { status: 404, param: "model" }),
  "unsupported-vector-db": invalid("search_not_found", { status: 404 }),
  "not-configured": invalid("not_configured", { status: 404 }),
  "filter-unsupported": invalid("filter_unsupported", { param: "retrieval.filter" }),
  "context-overflow": invalid("context_length_exceeded", { param: "messages" }),
  unauthenticated: invalid("invalid_api_key"),
  forbidden: { type: "permission_error", code: "insufficient_permissions" },
  "not-found": invalid("not_found"),
  "method-not-allowed": invalid("method_not_allowed"),
  "corpus-read-only": invalid("corpus_read_only"),
  "body-too-large": invalid("request_too_large"),
  "unsupported-media-type": invalid("unsupported_media_type"),
  "idempotency-conflict": invalid("idempotency_conflict"),
  "content-refused": invalid("content_policy_violation", { status: 400, param: "messages" }),
  "rate-limited": { type: "rate_limit_error", code: "rate_limit_exceeded" },
  "limit-exceeded": { type: "rate_limit_error", code: "limit_exceeded" },
  cancelled: invalid("cancelled"),
  internal: failed("internal_error"),
  "vendor-auth": failed("vendor_auth"),
  "vendor-rejected": failed("vendor_rejected"),
  "vendor-reply-invalid": failed("vendor_reply_invalid"),
  "vendor-unavailable": failed("vendor_unavailable"),
  "retrieval-unavailable": failed("retrieval_unavailable"),
  "embedder-mismatch": failed("embedder_mismatch"),
  "storage-failed": failed("storage_failed"),
  overloaded: failed("overloaded"),
  "shutting-down": failed("shutting_down"),
  timeout: failed("timeout"),
};

/** The status that clients of the OpenAI API get for a code. */
export function openaiStatusOf(code: ErrorCode | "internal"): number {
  return OPENAI_ERRORS[code].status ?? PROBLEMS[code].status;
}

/** The error as the OpenAI API writes one: the body of an answer, or the data of a stream's last event. */
export function openaiErrorOf(error: Error) {
  const shown = error instanceof ServiceError ? error : undefined;
  const kind = OPENAI_ERRORS[shown?.code ?? "internal"];
  return {
    error: {
      message: shown === undefined ? "The service failed. Its log has more under the request id." : messageOf(shown),
      type: kind.type,
      param: shown?.problems[0]?.field || (kind.param ?? null),
      code: error instanceof ParameterError ? error.parameterCode : kind.code,
    },
  };
}

export function openaiErrorResponse(error: Error, context: HttpContext): Response {
  const code = error instanceof ServiceError ? error.code : "internal";
  const headers: Record<string, string> = { "content-type": "application/json" };
  const retryAfterMs = error instanceof ServiceError ? error.retryAfterMs : undefined;
  if (retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(retryAfterMs / 1000));
  // Hono's own list of statuses does not know 499.
  const status = openaiStatusOf(code) as ContentfulStatusCode;
  return context.body(JSON.stringify(openaiErrorOf(error)), status, headers);
}

/** Problems that one message names, and characters of a field's name in them, at most: callers' input comes back in both. */
const MAX_PROBLEMS = 100;
const MAX_FIELD_LENGTH = 200;

/** OpenAI's errors have no list, so the message names every problem. */
function messageOf({ message, problems, supported }: ServiceError): string {
  if (problems.length === 0) {
    return supported === undefined ? message : `${message}. There is ${supported.join(", ") || "none"}.`;
  }
  const named = problems
    .slice(0, MAX_PROBLEMS)
    .map(({ field, message: rule }) => `${field.slice(0, MAX_FIELD_LENGTH) || "the body"} ${rule}`);
  const more = problems.length - named.length;
  return `The request is invalid: ${named.join("; ")}${more === 0 ? "" : `; and ${more} more`}.`;
}
