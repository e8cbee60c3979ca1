import { createCompletion } from "../../adapters/outbound/openai/completion.ts";
import { featuresWithout } from "../../adapters/outbound/openai/features.ts";
import { openaiCompletionOptions } from "../../adapters/outbound/openai/options.ts";
import { BEYOND_AIMOCK, startAimockVendor } from "../support/wires/aimock-vendor.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import { COMPLETION_CODES } from "./completion-harness.ts";

describeCompletionContract("OpenAICompletion against aimock", {
  open: async () => {
    const vendor = await startAimockVendor("content_filter");
    const options = openaiCompletionOptions.parse({
      model: "gpt-4o",
      api_key: "sk-loopback-secret",
      base_url: `${vendor.url}/v1`,
      context_tokens: 128_000,
      // aimock tells none.
      unsupported: ["logprobs"],
    });
    return {
      ...vendor,
      port: createCompletion(options),
      provoke: Object.fromEntries(COMPLETION_CODES.map((code) => [code, () => vendor.fail(code)])),
    };
  },
  supports: [...featuresWithout(["logprobs"])],
  skip: BEYOND_AIMOCK,
  secrets: ["sk-loopback-secret"],
});
