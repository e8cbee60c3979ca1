import type { ErrorCode } from "../../../domain/errors.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { collected, eventsOf, unending } from "../../contract/completion-harness.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { failure, type resilient } from "../../support/resilience.ts";

export const REQUEST: CompletionRequest = {
  prompt: { system: "", messages: [{ role: "user", content: "When?" }], question: "When?", sources: [] },
};

/** Waits of up to ten seconds are over at once. */
export const SKIPPED_MS = 10_000;

/** A model that says this. */
export function says(text: string, contextTokens = 8_192): FakeCompletion {
  return new FakeCompletion({ deltas: [text] }, contextTokens);
}

/** The same, which first fails so many times. */
export function fails(fake: FakeCompletion, code: ErrorCode, times = 1, retryAfterMs?: number): FakeCompletion {
  for (let time = 0; time < times; time += 1) fake.failNext(failure(code, retryAfterMs));
  return fake;
}

/** What `complete` gives, and then what `stream` does. */
export async function bothWays(open: () => { readonly port: ReturnType<typeof resilient> }) {
  const whole = await open().port.complete(REQUEST, unending());
  return [whole, collected(await eventsOf(open().port.stream(REQUEST, unending())))];
}
