import { createCompletion } from "../../adapters/outbound/bedrock/completion.ts";
import { bedrockCompletionOptions } from "../../adapters/outbound/bedrock/options.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { bedrockDialect, bedrockFailure } from "../support/wires/bedrock-wire.ts";
import { startScriptedVendor } from "../support/wires/scripted-vendor.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import { COMPLETION_CODES } from "./completion-harness.ts";

withAwsEnvironment(LOOPBACK_KEYS);

describeCompletionContract("BedrockCompletion", {
  open: async () => {
    const vendor = await startScriptedVendor(bedrockDialect);
    const options = bedrockCompletionOptions.parse({
      model: "anthropic.claude-3-opus-20240229-v1:0",
      region: "us-east-1",
      endpoint: vendor.loopback.url,
      context_tokens: 200_000,
    });
    const port = createCompletion(options);
    return {
      ...vendor,
      port,
      provoke: Object.fromEntries(COMPLETION_CODES.map((code) => [code, () => vendor.play(bedrockFailure(code))])),
      close: async () => {
        await port.close?.();
        await vendor.loopback.close();
      },
    };
  },
  supports: ["temperature", "topP", "stop", "tools", "toolChoice", "images", "responseFormat", "reasoningEffort"],
  skip: {
    "context-overflow": "Bedrock says so only in the message of a ValidationException, which is a vendor-rejected",
    "content-refused": "Bedrock has no such exception: a guardrail ends the answer for content-filter",
  },
  secrets: [LOOPBACK_KEYS.AWS_ACCESS_KEY_ID, LOOPBACK_KEYS.AWS_SECRET_ACCESS_KEY],
});
