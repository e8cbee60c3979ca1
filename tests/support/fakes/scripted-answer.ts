import type { VendorAnswer } from "../../contract/completion-harness.ts";
import type { FakeAnswer } from "./fake-completion.ts";

/** What a fake says for a vendor's answer: one token with each delta. */
export function fakeAnswerOf({ logprobs, ...answer }: VendorAnswer): FakeAnswer {
  return { ...answer, ...(logprobs === undefined ? {} : { logprobs: logprobs.map((token) => [token]) }) };
}
