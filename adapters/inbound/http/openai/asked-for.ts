import type { CompletionParameters } from "../../../../domain/chat.ts";

type Given = { readonly [Name in keyof CompletionParameters]: CompletionParameters[Name] | undefined };

/** What asks for nothing but the usual is left out, so that a model need not be able to do otherwise. */
export function askedFor(given: Given): CompletionParameters {
  const { temperature, topP, stop, seed, topLogprobs, tools, toolChoice, parallelToolCalls, responseFormat } = given;
  const { frequencyPenalty = 0, presencePenalty = 0, reasoningEffort } = given;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined || stop.length === 0 ? {} : { stop }),
    ...(seed === undefined ? {} : { seed }),
    ...(frequencyPenalty === 0 ? {} : { frequencyPenalty }),
    ...(presencePenalty === 0 ? {} : { presencePenalty }),
    ...(topLogprobs === undefined ? {} : { topLogprobs }),
    ...(tools === undefined || tools.length === 0 ? {} : { tools }),
    ...(toolChoice === undefined || toolChoice === "auto" ? {} : { toolChoice }),
    ...(parallelToolCalls === false ? { parallelToolCalls } : {}),
    ...(responseFormat === undefined || responseFormat.type === "text" ? {} : { responseFormat }),
    ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
  };
}
