import { createCompletion } from "../../adapters/outbound/openai/completion.ts";
import { openaiCompletionOptions } from "../../adapters/outbound/openai/options.ts";
import { BEYOND_AIMOCK, startAimockVendor } from "../support/wires/aimock-vendor.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import { COMPLETION_CODES, EVERY_FEATURE } from "./completion-harness.ts";

describeCompletionContract("OpenAICompletion against aimock", {
  open: async () => {
    const vendor = await startAimockVendor("content_filter");
    const options = openaiCompletionOptions.parse({
      model: "gpt-4o",
      api_key: "sk-loopback-secret",
      base_url: `${vendor.url}/v1`,
      context_tokens: 128_000,
    });
    const port = createCompletion(options);
    return {
      ...vendor,
      port,
      provoke: Object.fromEntries(COMPLETION_CODES.map((code) => [code, () => vendor.fail(code)])),
      close: async () => {
        await port.close?.();
        await vendor.close();
      },
    };
  },
  supports: EVERY_FEATURE,
  skip: BEYOND_AIMOCK,
  secrets: ["sk-loopback-secret"],
});
