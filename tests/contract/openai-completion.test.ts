import { createCompletion } from "../../adapters/outbound/openai/completion.ts";
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
    return {
      ...vendor,
      port: createCompletion(options),
      provoke: Object.fromEntries(COMPLETION_CODES.map((code) => [code, () => vendor.play(openaiFailure(code))])),
      close: () => vendor.loopback.close(),
    };
  },
  supports: ["temperature"],
  skip: { unsupported: "the adapter takes no more than a temperature, and has no warning for the rest yet" },
  secrets: ["sk-loopback-secret"],
});
