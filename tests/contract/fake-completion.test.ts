import type { CompletionFeature } from "../../domain/chat.ts";
import { ServiceError } from "../../domain/errors.ts";
import { FakeCompletion } from "../support/fakes/fake-completion.ts";
import { fakeAnswerOf } from "../support/fakes/scripted-answer.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import { COMPLETION_CODES, type CompletionCode, RETRY_AFTER_MS, type VendorAnswer } from "./completion-harness.ts";

const SUPPORTS: readonly CompletionFeature[] = ["topP", "stop", "topLogprobs", "tools", "toolChoice", "images"];

describeCompletionContract("FakeCompletion", {
  open: async () => {
    const fake = new FakeCompletion(undefined, undefined, SUPPORTS);
    let last: VendorAnswer | undefined;
    const failMidway = (deltas: readonly string[]) => {
      if (last !== undefined) fake.answerWith(fakeAnswerOf({ ...last, deltas }));
      fake.failNext(failure("vendor-reply-invalid"), deltas.length);
    };
    return {
      port: fake,
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
      close: () => fake.close(),
    };
  },
  supports: SUPPORTS,
  skip: { heard: "it keeps the request as it is" },
});

function failure(code: CompletionCode): ServiceError {
  const retryable = code === "rate-limited" || code === "vendor-unavailable" || code === "vendor-reply-invalid";
  return new ServiceError(code, `The script says: ${code}.`, {
    retryable,
    ...(code === "rate-limited" ? { retryAfterMs: RETRY_AFTER_MS } : {}),
  });
}
