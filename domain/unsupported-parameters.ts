import type { CompletionFeature, CompletionParameters, Message } from "./chat.ts";
import { type Problem, ServiceError } from "./errors.ts";
import type { CompletionRequest } from "./ports/completion-port.ts";

/** What the parameters and the conversation ask of a model, in the order in which they name it. */
export function featuresAskedFor(
  parameters: CompletionParameters,
  messages: readonly Message[],
): readonly CompletionFeature[] {
  const asked = new Set<CompletionFeature>();
  for (const [name, value] of Object.entries(parameters)) {
    // A request holds more than its parameters, such as on whose account it is.
    if (value !== undefined && Object.hasOwn(FEATURE_NAMES, name)) asked.add(name as keyof CompletionParameters);
  }
  if (parameters.responseFormat?.type === "text") asked.delete("responseFormat");
  for (const message of messages) {
    if (message.role !== "user" || typeof message.content === "string") continue;
    for (const part of message.content) {
      if (part.type === "image") asked.add(part.image.url === undefined ? "images" : "imageUrls");
    }
  }
  return [...asked];
}

/** @throws ServiceError invalid-request, whose problems have as `field` each feature that the model does not honour */
export function refuseUnsupported(
  model: string,
  asked: readonly CompletionFeature[],
  supports: ReadonlySet<CompletionFeature>,
): void {
  const problems: Problem[] = asked
    .filter((feature) => !supports.has(feature))
    .map((feature) => ({ field: feature, message: `is not supported by the model ${model}` }));
  if (problems.length === 0) return;
  const names = problems.map(({ field }) => field).join(", ");
  throw new ServiceError("invalid-request", `The model ${model} does not support ${names}.`, { problems });
}

/** One warning for each feature that the request asks for and that is left out, since the model does not honour it. */
export function warnUnsupported(
  { prompt, ...parameters }: CompletionRequest,
  supports: ReadonlySet<CompletionFeature>,
): readonly string[] {
  return featuresAskedFor(parameters, prompt.messages)
    .filter((feature) => !supports.has(feature))
    .map((feature) => `This model takes no ${FEATURE_NAMES[feature]}: it was left out.`);
}

const FEATURE_NAMES: Readonly<Record<CompletionFeature, string>> = {
  temperature: "temperature",
  topP: "top_p",
  stop: "stop text",
  seed: "seed",
  frequencyPenalty: "frequency penalty",
  presencePenalty: "presence penalty",
  topLogprobs: "request for logprobs",
  tools: "list of tools",
  toolChoice: "choice of a tool",
  parallelToolCalls: "word on parallel tool calls",
  responseFormat: "response format",
  reasoningEffort: "reasoning effort",
  images: "image",
  imageUrls: "image's address",
};
