import { type ErrorCode, ServiceError } from "../../domain/errors.ts";

/** What another target may do better, and what tells of a target's health. */
const VENDORS_FAULTS: ReadonlySet<ErrorCode> = new Set([
  "vendor-unavailable",
  "vendor-reply-invalid",
  "rate-limited",
  "vendor-auth",
]);

/** Whether a completion failed for a reason that lies with the vendor or the account there, and not in what was asked. */
export function isVendorsFault(error: unknown): error is ServiceError {
  return error instanceof ServiceError && VENDORS_FAULTS.has(error.code);
}
