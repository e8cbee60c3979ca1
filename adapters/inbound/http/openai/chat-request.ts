import type { Chat } from "../../../../application/complete-chat.ts";
import type { CompletionParameters } from "../../../../domain/chat.ts";
import type { HttpLimits } from "../settings.ts";
import { askedFor } from "./asked-for.ts";
import type { Caller } from "./caller.ts";
import { chatOf } from "./chat-of.ts";
import type { ChatBody } from "./chat-schema.ts";
import { ParameterError, type ParameterProblem } from "./errors.ts";
import { conversationProblems, toConversation } from "./messages.ts";
import { readModelName } from "./model-name.ts";
import { invalidValue } from "./parameters.ts";
import { groundingProblems, retrievalProblems, toRetrieval } from "./retrieval.ts";
import { toolProblems } from "./tools.ts";

const NAMES = { messages: "messages", instructions: "messages" };

/** @throws ParameterError with every rule that the parameters break together */
export function toChat(body: ChatBody, limits: HttpLimits, caller: Caller): Chat {
  const { model, search } = readModelName(body.model);
  const conversation = toConversation(body.messages);
  const retrieval = toRetrieval(body.retrieval, search, limits);
  const problems = [
    ...conversationProblems(conversation),
    ...togetherProblems(body),
    ...retrievalProblems(body.retrieval, search),
    ...(retrieval === undefined ? [] : groundingProblems(conversation, NAMES, limits)),
  ];
  if (problems.length > 0) throw new ParameterError(problems);
  const asked = {
    model,
    ...conversation,
    parameters: toParameters(body),
    stream: body.stream,
    maxTokens: body.max_completion_tokens ?? body.max_tokens,
    retrieval,
  };
  // A cache would give several choices one answer.
  return chatOf(asked, { ...caller, noStore: caller.noStore || body.n > 1 });
}

function toParameters(body: ChatBody): CompletionParameters {
  return askedFor({
    temperature: body.temperature,
    topP: body.top_p,
    stop: body.stop,
    seed: body.seed,
    frequencyPenalty: body.frequency_penalty,
    presencePenalty: body.presence_penalty,
    topLogprobs: body.logprobs === true ? (body.top_logprobs ?? 0) : undefined,
    tools: body.tools,
    toolChoice: body.tool_choice,
    parallelToolCalls: body.parallel_tool_calls,
    responseFormat: body.response_format,
    reasoningEffort: body.reasoning_effort,
  });
}

function togetherProblems(body: ChatBody): readonly ParameterProblem[] {
  const rules: readonly (readonly [broken: boolean, field: string, message: string])[] = [
    [body.stream_options !== undefined && !body.stream, "stream_options", "is only allowed with stream"],
    [
      body.max_tokens !== undefined && body.max_completion_tokens !== undefined,
      "max_tokens",
      "must be left out where max_completion_tokens is given",
    ],
    [body.top_logprobs !== undefined && body.logprobs !== true, "top_logprobs", "is only allowed with logprobs"],
    [
      body.parallel_tool_calls !== undefined && (body.tools ?? []).length === 0,
      "parallel_tool_calls",
      "is only allowed with tools",
    ],
  ];
  return [
    ...rules.filter(([broken]) => broken).map(([, field, message]) => invalidValue(field, message)),
    ...toolProblems(body.tools ?? [], body.tool_choice).map(([field, message]) => invalidValue(field, message)),
  ];
}
