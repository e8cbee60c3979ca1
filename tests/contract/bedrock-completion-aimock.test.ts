import { createCompletion } from "../../adapters/outbound/bedrock/completion.ts";
import { bedrockCompletionOptions } from "../../adapters/outbound/bedrock/options.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { BEYOND_AIMOCK, startAimockVendor } from "../support/wires/aimock-vendor.ts";
import { describeCompletionContract } from "./completion-contract.ts";
import { COMPLETION_CODES } from "./completion-harness.ts";

withAwsEnvironment(LOOPBACK_KEYS);

describeCompletionContract("BedrockCompletion against aimock", {
  open: async () => {
    const vendor = await startAimockVendor("content_filtered");
    const options = bedrockCompletionOptions.parse({
      model: "ai21.jamba-1-5-large-v1:0",
      region: "us-east-1",
      endpoint: vendor.url,
      context_tokens: 256_000,
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
  supports: ["temperature", "topP", "stop", "tools", "toolChoice", "images", "responseFormat", "reasoningEffort"],
  skip: {
    ...BEYOND_AIMOCK,
    "context-overflow": "Bedrock says so only in the message of a ValidationException, which is a vendor-rejected",
    "content-refused": "Bedrock has no such exception: a guardrail ends the answer for content-filter",
  },
  secrets: [LOOPBACK_KEYS.AWS_ACCESS_KEY_ID, LOOPBACK_KEYS.AWS_SECRET_ACCESS_KEY],
});
