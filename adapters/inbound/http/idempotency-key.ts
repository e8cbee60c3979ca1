import type { Principal } from "../../../domain/principal.ts";
import type { HttpContext } from "./http-context.ts";
import type { RepeatableRequest } from "./idempotent-answers.ts";
import type { GenerateBody } from "./schemas.ts";
import { invalidRequest } from "./validation.ts";

/** 1 to 255 visible characters of ASCII. */
const KEY = /^[!-~]{1,255}$/u;

/**
 * The request under its `idempotency-key`; undefined where it has none. Keys of different accounts, users or groups are
 * different keys, so that nobody gets another's answer. Whether the answer is to be streamed is no part of what is asked.
 * @throws ServiceError invalid-request
 */
export async function repeatableRequestOf(
  context: HttpContext,
  { stream: _, ...asked }: GenerateBody,
  principal: Principal | undefined,
): Promise<RepeatableRequest | undefined> {
  const given = context.req.header("idempotency-key");
  if (given === undefined) return undefined;
  if (!KEY.test(given)) {
    const message = "must have 1 to 255 characters of visible ASCII";
    throw invalidRequest([{ field: "idempotency-key", message }]);
  }
  const groups = principal?.groups.toSorted() ?? [];
  const key = JSON.stringify([context.get("account") ?? "", principal?.userId ?? "", groups, given]);
  return { key, fingerprint: await sha256(JSON.stringify(asked)) };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
