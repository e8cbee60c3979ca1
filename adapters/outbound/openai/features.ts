import type { CompletionFeature } from "../../../domain/chat.ts";

/** What a model may be unable to do, by the config's names, which are the API's own where it has one. */
export const FEATURES = {
  temperature: ["temperature"],
  top_p: ["topP"],
  stop: ["stop"],
  seed: ["seed"],
  frequency_penalty: ["frequencyPenalty"],
  presence_penalty: ["presencePenalty"],
  logprobs: ["topLogprobs"],
  tools: ["tools", "toolChoice", "parallelToolCalls"],
  tool_choice: ["toolChoice"],
  parallel_tool_calls: ["parallelToolCalls"],
  response_format: ["responseFormat"],
  reasoning_effort: ["reasoningEffort"],
  images: ["images", "imageUrls"],
  image_urls: ["imageUrls"],
} as const satisfies Readonly<Record<string, readonly CompletionFeature[]>>;

export type FeatureName = keyof typeof FEATURES;

/** Every feature but those that the names stand for. */
export function featuresWithout(names: readonly FeatureName[]): ReadonlySet<CompletionFeature> {
  const missing = new Set<CompletionFeature>(names.flatMap((name) => FEATURES[name]));
  return new Set(Object.values(FEATURES).flat()).difference(missing);
}
