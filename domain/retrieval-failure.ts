import { type ErrorCode, ServiceError } from "./errors.ts";

/** What asks wrongly is no failure of the engine, nor is a deadline that passed or a caller that went away. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  "retrieval-unavailable",
  "vendor-unavailable",
  "vendor-reply-invalid",
  "vendor-auth",
  "vendor-rejected",
  "rate-limited",
  "overloaded",
  "storage-failed",
]);

/** Whether a search failed since its engine cannot answer now, so that a policy may answer in its place. */
export function isRetrievalFailure(error: unknown): error is ServiceError {
  return error instanceof ServiceError && FAILURES.has(error.code);
}
