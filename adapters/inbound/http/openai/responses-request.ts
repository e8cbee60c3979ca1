import type { Chat } from "../../../../application/complete-chat.ts";
import type { HttpLimits } from "../settings.ts";
import { askedFor } from "./asked-for.ts";
import type { Caller } from "./caller.ts";
import { chatOf } from "./chat-of.ts";
import { ParameterError, type ParameterProblem } from "./errors.ts";
import { inputProblems, toConversation } from "./input-items.ts";
import { readModelName } from "./model-name.ts";
import { invalidValue } from "./parameters.ts";
import type { ResponsesBody } from "./responses-schema.ts";
import { groundingProblems, retrievalProblems, toRetrieval } from "./retrieval.ts";
import { toolProblems } from "./tools.ts";

const NAMES = { messages: "input", instructions: "instructions" };

/** @throws ParameterError with every rule that the parameters break together */
export function toChat(body: ResponsesBody, limits: HttpLimits, caller: Caller): Chat {
  const { model, search } = readModelName(body.model);
  const conversation = toConversation(body.input, body.instructions);
  const retrieval = toRetrieval(body.retrieval, search, limits);
  const problems = [
    ...inputProblems(conversation),
    ...togetherProblems(body),
    ...retrievalProblems(body.retrieval, search),
    ...(retrieval === undefined ? [] : groundingProblems(conversation, NAMES, limits)),
  ];
  if (problems.length > 0) throw new ParameterError(problems);
  const { stream, max_output_tokens: maxTokens } = body;
  return chatOf({ model, ...conversation, parameters: toParameters(body), stream, maxTokens, retrieval }, caller);
}

function toParameters(body: ResponsesBody) {
  const hasTools = body.tools !== undefined && body.tools.length > 0;
  return askedFor({
    temperature: body.temperature,
    topP: body.top_p,
    topLogprobs: asksForLogprobs(body) ? (body.top_logprobs ?? 0) : undefined,
    tools: body.tools,
    toolChoice: hasTools ? body.tool_choice : undefined,
    parallelToolCalls: hasTools ? body.parallel_tool_calls : undefined,
    responseFormat: body.text?.format ?? undefined,
    reasoningEffort: body.reasoning?.effort ?? undefined,
  });
}

function asksForLogprobs({ include = [], top_logprobs: count = 0 }: ResponsesBody): boolean {
  return count > 0 || include.includes("message.output_text.logprobs");
}

function togetherProblems(body: ResponsesBody): readonly ParameterProblem[] {
  const { tools = [], tool_choice: choice } = body;
  const chosen = tools.length === 0 && (choice === "auto" || choice === "none") ? undefined : choice;
  return [
    ...(body.stream_options !== undefined && !body.stream
      ? [invalidValue("stream_options", "is only allowed with stream")]
      : []),
    ...toolProblems(tools, chosen).map(([field, message]) => invalidValue(field, message)),
  ];
}
