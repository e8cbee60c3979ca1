import type { CompletionFeature } from "../../../domain/chat.ts";
import type { BedrockCompletionOptions, BedrockFeature } from "./options.ts";

/**
 * What Converse has of a request. It has no seed, no penalties, no logprobs and no addresses of images
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
 */
const CONVERSE: Readonly<Partial<Record<BedrockFeature, CompletionFeature>>> = {
  temperature: "temperature",
  top_p: "topP",
  stop: "stop",
  tools: "tools",
  tool_choice: "toolChoice",
  images: "images",
  response_format: "responseFormat",
  reasoning_effort: "reasoningEffort",
};

/** What the model honours: what Converse has, but for what the options say that its family does not take. */
export function featuresOf(options: BedrockCompletionOptions): ReadonlySet<CompletionFeature> {
  const unsupported = new Set<string>(options.unsupported);
  if (options.temperature === "unsupported") unsupported.add("temperature");
  if (unsupported.has("tools")) unsupported.add("tool_choice");
  return new Set(Object.entries(CONVERSE).flatMap(([word, feature]) => (unsupported.has(word) ? [] : [feature])));
}

export function takesSystemPrompt({ unsupported, system_prompt: systemPrompt }: BedrockCompletionOptions): boolean {
  return systemPrompt === "supported" && !unsupported.includes("system_prompt");
}
