import type { CompletionFeature, CompletionParameters, Message } from "./chat.ts";
import { type Problem, ServiceError } from "./errors.ts";

/** A request may hold more than its parameters, such as on whose account it is. */
const PARAMETERS: Readonly<Record<keyof CompletionParameters, true>> = {
  temperature: true,
  topP: true,
  stop: true,
  seed: true,
  frequencyPenalty: true,
  presencePenalty: true,
  topLogprobs: true,
  tools: true,
  toolChoice: true,
  parallelToolCalls: true,
  responseFormat: true,
  reasoningEffort: true,
};

/** What the parameters and the conversation ask of a model, in the order in which they name it. */
export function featuresAskedFor(
  parameters: CompletionParameters,
  messages: readonly Message[],
): readonly CompletionFeature[] {
  const asked = new Set<CompletionFeature>();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && Object.hasOwn(PARAMETERS, name)) asked.add(name as keyof CompletionParameters);
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
