import { createCompletion as createBedrock } from "../../../adapters/outbound/bedrock/completion.ts";
import { bedrockCompletionOptions } from "../../../adapters/outbound/bedrock/options.ts";
import { createCompletion as createOpenAI } from "../../../adapters/outbound/openai/completion.ts";
import { openaiCompletionOptions } from "../../../adapters/outbound/openai/options.ts";
import type { CompletionPort } from "../../../domain/ports/completion-port.ts";
import { type Fault, modelOf } from "./faults.ts";
import type { FaultyVendor } from "./faulty-vendor.ts";

/** The real adapter of the vendor, with the model that fails so. */
export function failingPort(vendor: FaultyVendor, fault: Fault): CompletionPort {
  const url = fault.play === undefined ? vendor.refusedUrl : vendor.loopback.url;
  const model = { model: modelOf(fault), context_tokens: 8_000 };
  return vendor.kind.name === "openai"
    ? createOpenAI(openaiCompletionOptions.parse({ ...model, api_key: "sk-loopback-secret", base_url: `${url}/v1` }))
    : createBedrock(bedrockCompletionOptions.parse({ ...model, region: "us-east-1", endpoint: url }));
}
