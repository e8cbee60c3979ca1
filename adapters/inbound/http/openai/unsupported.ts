import type { CompletionFeature } from "../../../../domain/chat.ts";
import { ServiceError } from "../../../../domain/errors.ts";
import { ParameterError, type ParameterProblem } from "./errors.ts";

/** What the OpenAI API calls what a model may not be able to do. */
const PARAMETERS: Readonly<Record<CompletionFeature, string>> = {
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

/** Runs what may refuse a feature of the model, and names the parameters. @throws ParameterError; ServiceError as it comes */
export function namingParameters<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== "invalid-request") throw error;
    if (error.problems.length === 0 || !error.problems.every(({ field }) => Object.hasOwn(PARAMETERS, field)))
      throw error;
    throw new ParameterError(error.problems.map(toParameter));
  }
}

function toParameter({ field, message }: { readonly field: string; readonly message: string }): ParameterProblem {
  return { field: PARAMETERS[field as CompletionFeature], message, code: "unsupported_parameter" };
}
