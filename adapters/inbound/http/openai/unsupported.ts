import type { CompletionFeature } from "../../../../domain/chat.ts";
import { type Problem, ServiceError } from "../../../../domain/errors.ts";
import { ParameterError, type ParameterProblem } from "./errors.ts";

/** What callers name what a model may not be able to do. */
type FeatureNames = Readonly<Record<CompletionFeature, string>>;

export const CHAT_FEATURES: FeatureNames = {
  temperature: "temperature",
  topP: "top_p",
  stop: "stop",
  seed: "seed",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  topLogprobs: "logprobs",
  tools: "tools",
  toolChoice: "tool_choice",
  parallelToolCalls: "parallel_tool_calls",
  responseFormat: "response_format",
  reasoningEffort: "reasoning_effort",
  images: "image_url",
  imageUrls: "image_url.url",
};

export const RESPONSE_FEATURES: FeatureNames = {
  ...CHAT_FEATURES,
  topLogprobs: "top_logprobs",
  responseFormat: "text.format",
  reasoningEffort: "reasoning.effort",
  images: "input_image",
  imageUrls: "input_image.image_url",
};

/** Runs what may refuse a feature of the model, and names the parameters. @throws ParameterError; ServiceError as it comes */
export function namingParameters<Result>(names: FeatureNames, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== "invalid-request") throw error;
    if (error.problems.length === 0 || !error.problems.every(({ field }) => Object.hasOwn(names, field))) throw error;
    throw new ParameterError(error.problems.map((problem) => toParameter(names, problem)));
  }
}

function toParameter(names: FeatureNames, { field, message }: Problem): ParameterProblem {
  return { field: names[field as CompletionFeature], message, code: "unsupported_parameter" };
}
