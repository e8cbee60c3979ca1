import type { AnswerEvent } from "../../../domain/answer.ts";
import { setAnswerHeader } from "./answer-header.ts";
import type { HttpContext } from "./http-context.ts";

/** Tells what a cache of answers did (CacheOutcome); absent where there is none. */
const CACHE_HEADER = "x-pharos-cache";
const NO_STORE = /(?:^|,)\s*no-store\s*(?:,|$)/iu;

/** Whether the caller wants the answer neither from a cache nor in one (https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.5). */
export function forbidsStore(headers: Headers): boolean {
  return NO_STORE.test(headers.get("cache-control") ?? "");
}

/** The events without what the cache says, which comes before all others and goes into the head of the response. */
export async function* withCacheHeader(
  context: HttpContext,
  events: AsyncIterable<AnswerEvent>,
): AsyncGenerator<AnswerEvent, void, undefined> {
  for await (const event of events) {
    if (event.type === "cache") setAnswerHeader(context, CACHE_HEADER, event.outcome);
    else yield event;
  }
}
