import { createCompletion } from "../../adapters/outbound/openai/completion.ts";
import { FEATURES } from "../../adapters/outbound/openai/features.ts";
import { openaiCompletionOptions } from "../../adapters/outbound/openai/options.ts";
import { openaiDialect, openaiFailure } from "../support/wires/openai-wire.ts";
import { startScriptedVendor } from "../support/wires/scripted-vendor.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import { COMPLETION_CODES } from "./completion-harness.ts";

describeCompletionContract("OpenAICompletion", {
  open: async () => {
    const vendor = await startScriptedVendor(openaiDialect);
    const options = openaiCompletionOptions.parse({
      model: "gpt-4o",
      api_key: "sk-loopback-secret",
      base_url: `${vendor.loopback.url}/v1`,
      context_tokens: 128_000,
    });
    const port = createCompletion(options);
    return {
      ...vendor,
      port,
      provoke: Object.fromEntries(COMPLETION_CODES.map((code) => [code, () => vendor.play(openaiFailure(code))])),
      close: async () => {
        await port.close?.();
        await vendor.loopback.close();
      },
    };
  },
  supports: Object.values(FEATURES).flat(),
  secrets: ["sk-loopback-secret"],
});
