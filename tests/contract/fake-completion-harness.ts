import type { CompletionFeature } from "../../domain/chat.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import { type FakeAnswer, FakeCompletion } from "../support/fakes/fake-completion.ts";
import {
  COMPLETION_CODES,
  type CompletionCode,
  type CompletionHarness,
  type OpenCompletion,
  RETRY_AFTER_MS,
  type VendorAnswer,
} from "./completion-harness.ts";

const SUPPORTS: readonly CompletionFeature[] = ["topP", "stop", "topLogprobs", "tools", "toolChoice", "images"];

/** The harness of a fake, or of a port that is put around it. */
export function fakeCompletionHarness(around?: (fake: FakeCompletion) => CompletionPort): CompletionHarness {
  return {
    open: async () => openFakeCompletion(around),
    supports: SUPPORTS,
    skip: { heard: "it keeps the request as it is" },
  };
}

function openFakeCompletion(around: (fake: FakeCompletion) => CompletionPort = (fake) => fake): OpenCompletion {
  const fake = new FakeCompletion(undefined, undefined, SUPPORTS);
  const port = around(fake);
  let last: VendorAnswer | undefined;
  const failMidway = (deltas: readonly string[]) => {
    if (last !== undefined) fake.answerWith(fakeAnswerOf({ ...last, deltas }));
    fake.failNext(failure("vendor-reply-invalid"), deltas.length);
  };
  return {
    port,
    answer: (answer) => {
      last = answer;
      // A fake says what it is told: an empty answer is the script's own failure.
      if (answer.deltas.length === 0 && answer.finishReason === "stop") {
        fake.failNext(failure("vendor-reply-invalid"));
        fake.failNext(failure("vendor-reply-invalid"));
      } else fake.answerWith(fakeAnswerOf(answer));
    },
    stall: (deltas) => fake.hold(deltas.length),
    breakOff: failMidway,
    failMidway,
    provoke: Object.fromEntries(COMPLETION_CODES.map((code) => [code, () => fake.failNext(failure(code))])),
    calls: () => fake.requests.length,
    close: async () => port.close?.(),
  };
}

/** The vendor tells one token with each delta. */
function fakeAnswerOf({ logprobs, ...answer }: VendorAnswer): FakeAnswer {
  return { ...answer, ...(logprobs === undefined ? {} : { logprobs: logprobs.map((token) => [token]) }) };
}

function failure(code: CompletionCode): ServiceError {
  const retryable = code === "rate-limited" || code === "vendor-unavailable" || code === "vendor-reply-invalid";
  return new ServiceError(code, `The script says: ${code}.`, {
    retryable,
    ...(code === "rate-limited" ? { retryAfterMs: RETRY_AFTER_MS } : {}),
  });
}
