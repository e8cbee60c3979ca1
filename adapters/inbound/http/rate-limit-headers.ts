import type { Allowance, Standing } from "../../../domain/ports/allowance-port.ts";
import { setAnswerHeader } from "./answer-header.ts";
import type { HttpContext } from "./http-context.ts";

/** Where the wait is longer, OpenAI's clients do not look at `retry-after` and would ask again at once. */
const LONGEST_WAIT_MS = 60_000;

/** Says what is left, in the headers of the OpenAI API (https://developers.openai.com/api/docs/guides/rate-limits). */
export function tellStanding(context: HttpContext, { requests, tokens, refusal }: Standing): void {
  tell(context, "requests", requests);
  tell(context, "tokens", tokens);
  if ((refusal?.retryAfterMs ?? 0) > LONGEST_WAIT_MS) setAnswerHeader(context, "x-should-retry", "false");
}

function tell(context: HttpContext, what: string, allowance: Allowance | undefined): void {
  if (allowance === undefined) return;
  setAnswerHeader(context, `x-ratelimit-limit-${what}`, String(allowance.limit));
  setAnswerHeader(context, `x-ratelimit-remaining-${what}`, String(allowance.remaining));
  setAnswerHeader(context, `x-ratelimit-reset-${what}`, duration(allowance.resetMs));
}

/** As Go writes durations, up to minutes: `250ms`, `1.5s`, `6m0s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 100) / 10;
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(Math.ceil(seconds) / 60);
  return `${minutes}m${Math.ceil(seconds) - minutes * 60}s`;
}
