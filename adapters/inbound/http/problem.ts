import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, ServiceError } from "../../../domain/errors.ts";
import type { HttpContext } from "./http-context.ts";

/** Every code that an answer can bear: `internal` is a bug of ours. */
type ProblemCode = ErrorCode | "internal";

/** 499 is nginx' "client closed request": nobody reads it but the log. */
type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 499 | 500 | 502 | 503 | 504;

interface ProblemKind {
  readonly status: ProblemStatus;
  readonly title: string;
}

/** The one table of codes, statuses and titles; docs/errors.md shows it to the callers. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  "invalid-request": { status: 400, title: "Invalid request" },
  "unsupported-model": { status: 400, title: "Unsupported model" },
  "unsupported-vector-db": { status: 400, title: "Unsupported vector DB" },
  "not-configured": { status: 400, title: "Not configured" },
  "filter-unsupported": { status: 400, title: "Filter unsupported" },
  "context-overflow": { status: 400, title: "Prompt too long for the model" },
  unauthenticated: { status: 401, title: "Unauthenticated" },
  forbidden: { status: 403, title: "Forbidden" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  "corpus-read-only": { status: 409, title: "Corpus is read-only" },
  "body-too-large": { status: 413, title: "Body too large" },
  "unsupported-media-type": { status: 415, title: "Unsupported media type" },
  "idempotency-conflict": { status: 422, title: "Idempotency key used with another body" },
  "content-refused": { status: 422, title: "Content refused" },
  "rate-limited": { status: 429, title: "Rate limited" },
  "limit-exceeded": { status: 429, title: "Limit of the key exceeded" },
  cancelled: { status: 499, title: "Cancelled by the caller" },
  internal: { status: 500, title: "Internal error" },
  "vendor-auth": { status: 502, title: "Vendor refuses the service's credentials" },
  "vendor-rejected": { status: 502, title: "Vendor rejects the request" },
  "vendor-reply-invalid": { status: 502, title: "Vendor's reply is invalid" },
  "vendor-unavailable": { status: 503, title: "Vendor unavailable" },
  "retrieval-unavailable": { status: 503, title: "Search unavailable" },
  "embedder-mismatch": { status: 503, title: "Corpus was built with another embedder" },
  "storage-failed": { status: 503, title: "Storage failed" },
  overloaded: { status: 503, title: "Overloaded" },
  "shutting-down": { status: 503, title: "Shutting down" },
  timeout: { status: 504, title: "Deadline passed" },
};

/** Problems that one answer lists, and characters of a field's name in them, at most: callers' input comes back in both. */
const MAX_PROBLEMS = 100;
const MAX_FIELD_LENGTH = 200;

/** The error as RFC 9457 problem details; what is no ServiceError tells the caller nothing but that it happened. */
export function problemResponse(error: Error, context: HttpContext): Response {
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  const retryAfterMs = error instanceof ServiceError ? error.retryAfterMs : undefined;
  if (retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(retryAfterMs / 1000));
  const body = problemOf(error, context.get("requestId"));
  // Hono's own list of statuses does not know 499.
  return context.body(JSON.stringify(body), body.status as ContentfulStatusCode, headers);
}

/** The status that an error is answered with, where the answer has not begun. */
export function statusOf(error: Error): ProblemStatus {
  return PROBLEMS[error instanceof ServiceError ? error.code : "internal"].status;
}

/** The members of the problem that an error is; a stream that has begun ends with them. */
export function problemOf(error: Error, requestId: string) {
  const shown = error instanceof ServiceError ? error : undefined;
  const code: ProblemCode = shown?.code ?? "internal";
  const { status, title } = PROBLEMS[code];
  return {
    type: `urn:pharos:error:${code}`,
    title,
    status,
    detail: shown?.message ?? "The service failed. Its log has more under this request id.",
    code,
    request_id: requestId,
    ...(shown === undefined ? {} : members(shown)),
  };
}

function members({ problems, supported }: ServiceError) {
  const errors = problems.slice(0, MAX_PROBLEMS).map(({ field, message }) => ({ field: cut(field), message }));
  return { ...(errors.length === 0 ? {} : { errors }), ...(supported === undefined ? {} : { supported }) };
}

function cut(field: string): string {
  return field.length <= MAX_FIELD_LENGTH ? field : `${field.slice(0, MAX_FIELD_LENGTH)}…`;
}
