import type { Chat, ChatRetrieval } from "../../../../application/complete-chat.ts";
import type { CompletionParameters, Message } from "../../../../domain/chat.ts";
import type { Origin } from "../../../../domain/origin.ts";
import type { Principal } from "../../../../domain/principal.ts";
import { textOf } from "../../../../domain/prompt.ts";
import type { HttpLimits } from "../settings.ts";
import type { ChatBody } from "./chat-schema.ts";
import { ParameterError, type ParameterProblem } from "./errors.ts";
import { conversationProblems, toConversation } from "./messages.ts";
import { readModelName } from "./model-name.ts";
import { invalidValue } from "./parameters.ts";
import { toolProblems } from "./tools.ts";

/** Who asks, and how. */
export interface Caller extends Origin {
  readonly principal?: Principal | undefined;
  /** Whether it wants nothing that a cache has, and nothing left in one. */
  readonly noStore: boolean;
}

/** @throws ParameterError with every rule that the parameters break together */
export function toChat(body: ChatBody, limits: HttpLimits, { principal, noStore, ...origin }: Caller): Chat {
  const { model, search } = readModelName(body.model);
  const conversation = toConversation(body.messages);
  const retrieval = toRetrieval(body, search, limits);
  const problems = [
    ...conversationProblems(body.messages),
    ...togetherProblems(body),
    ...retrievalProblems(body, search),
    ...(retrieval === undefined ? [] : lengthProblems(body, conversation, limits)),
  ];
  if (problems.length > 0) throw new ParameterError(problems);
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  return {
    model,
    ...conversation,
    parameters: toParameters(body),
    ...(body.stream ? {} : { atOnce: true }),
    // A cache would give several choices one answer.
    noStore: noStore || body.n > 1,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(retrieval === undefined ? {} : { retrieval }),
    ...(principal === undefined ? {} : { principal }),
    ...origin,
  };
}

/** What asks for nothing but the usual is left out, so that a model need not be able to do otherwise. */
function toParameters(body: ChatBody): CompletionParameters {
  const { temperature, top_p: topP, stop, seed, tools, tool_choice: choice, response_format: format } = body;
  const { frequency_penalty: frequencyPenalty = 0, presence_penalty: presencePenalty = 0 } = body;
  const { reasoning_effort: reasoningEffort } = body;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined || stop.length === 0 ? {} : { stop }),
    ...(seed === undefined ? {} : { seed }),
    ...(frequencyPenalty === 0 ? {} : { frequencyPenalty }),
    ...(presencePenalty === 0 ? {} : { presencePenalty }),
    ...(body.logprobs === true ? { topLogprobs: body.top_logprobs ?? 0 } : {}),
    ...(tools === undefined || tools.length === 0 ? {} : { tools }),
    ...(choice === undefined || choice === "auto" ? {} : { toolChoice: choice }),
    ...(body.parallel_tool_calls === false ? { parallelToolCalls: false } : {}),
    ...(format === undefined || format.type === "text" ? {} : { responseFormat: format }),
    ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
  };
}

function toRetrieval(
  { retrieval }: ChatBody,
  named: string | undefined,
  { topK }: HttpLimits,
): ChatRetrieval | undefined {
  const search = retrieval?.search ?? named;
  if (search === undefined) return undefined;
  const filter = retrieval?.filter;
  return { search, topK: retrieval?.top_k ?? topK.default, ...(filter === undefined ? {} : { filter }) };
}

function retrievalProblems({ retrieval }: ChatBody, named: string | undefined): readonly ParameterProblem[] {
  if (retrieval === undefined) return [];
  const { search } = retrieval;
  if (search === undefined && named === undefined)
    return [{ field: "retrieval.search", message: "is missing", code: "missing_required_parameter" }];
  if (search !== undefined && named !== undefined && search !== named)
    return [invalidValue("retrieval.search", `must be ${named}, which the model's name says, or be left out`)];
  return [];
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

/** Where passages are retrieved the limits of `/generate` hold; else the body's limit is the only one. */
function lengthProblems(
  { messages: given }: ChatBody,
  { system, messages }: { readonly system: string; readonly messages: readonly Message[] },
  { promptLength, systemLength, historyLength }: HttpLimits,
): readonly ParameterProblem[] {
  const problems: ParameterProblem[] = [];
  const at = messages.findLastIndex(({ role }) => role === "user");
  const asked = messages[at];
  const question = asked === undefined ? "" : textOf(asked);
  const field = `messages[${given.findLastIndex(({ role }) => role === "user")}]`;
  const last = given.at(-1)?.role;
  if (asked !== undefined && !/\S/u.test(question))
    problems.push(invalidValue(field, "must have text, since passages are to be found for it"));
  if (last !== "user" && last !== "tool")
    problems.push(
      invalidValue(`messages[${given.length - 1}]`, "must be a user's, or a tool's, where passages are retrieved"),
    );
  if (question.length > promptLength)
    problems.push(invalidValue(field, `must have at most ${promptLength} characters, where passages are retrieved`));
  const historyTotal = messages.toSpliced(at, 1).reduce((sum, message) => sum + textOf(message).length, 0);
  if (system.length > systemLength)
    problems.push(
      invalidValue(
        "messages",
        `must have at most ${systemLength} characters of instructions, where passages are retrieved`,
      ),
    );
  if (historyTotal > historyLength)
    problems.push(
      invalidValue(
        "messages",
        `must have at most ${historyLength} characters beside the question, where passages are retrieved`,
      ),
    );
  return problems;
}
