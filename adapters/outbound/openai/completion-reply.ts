import type { FinishReason, Usage } from "../../../domain/answer.ts";
import type { TokenLogprob, ToolCall } from "../../../domain/chat.ts";
import type { Completion } from "../../../domain/ports/completion-port.ts";
import { invalidReply, refusal, reportedFailure } from "./errors.ts";
import { countOf, type Fields, fieldsOf, listOf, numberOf, required, textOf } from "./json-fields.ts";

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
};

/** @throws ServiceError vendor-reply-invalid, content-refused, or what the vendor reports */
export function readReply(reply: unknown): Omit<Completion, "warnings"> {
  const fields = required(fieldsOf(reply, "reply"), "reply");
  refuseFailure(fields);
  const choice = required(firstChoice(fields), "choices");
  const message = required(fieldsOf(choice.message, "message"), "message");
  refuseRefusal(message);
  const text = textOf(message.content, "content");
  const toolCalls = listOf(message.tool_calls, "tool_calls").map(readToolCall);
  const finishReason = readFinishReason(choice.finish_reason);
  refuseEmpty(text !== "" || toolCalls.length > 0, finishReason);
  const logprobs = readLogprobs(choice.logprobs);
  return {
    text,
    toolCalls,
    ...(logprobs.length === 0 ? {} : { logprobs }),
    finishReason,
    usage: readUsage(fieldsOf(fields.usage, "usage")),
  };
}

/** Pharos asks for one choice; undefined where there is none. */
export function firstChoice(fields: Fields): Fields | undefined {
  return fieldsOf(listOf(fields.choices, "choices")[0], "choices");
}

/** @throws ServiceError what the vendor reports where a reply of status 200 does, as streams and some servers have it */
export function refuseFailure({ error }: Fields): void {
  if (error) throw reportedFailure(typeof error === "object" ? error : {});
}

/** @throws ServiceError content-refused where the message or the delta holds a refusal */
export function refuseRefusal({ refusal: words }: Fields): void {
  if (textOf(words, "refusal") !== "") throw refusal();
}

export function readFinishReason(reason: unknown): FinishReason {
  const known =
    typeof reason === "string" && Object.hasOwn(FINISH_REASONS, reason) ? FINISH_REASONS[reason] : undefined;
  if (known === undefined)
    throw invalidReply(`ended for a reason that is not known: ${JSON.stringify(reason ?? "").slice(0, 60)}`);
  return known;
}

/** @throws ServiceError vendor-reply-invalid where nothing was written, and nothing kept the model from it */
export function refuseEmpty(wrote: boolean, finishReason: FinishReason): void {
  if (!wrote && finishReason !== "length" && finishReason !== "content-filter") throw invalidReply("is empty");
}

/** Zeros where the vendor does not count. */
export function readUsage(usage: Fields | undefined): Usage {
  const input = fieldsOf(usage?.prompt_tokens_details, "prompt_tokens_details");
  const output = fieldsOf(usage?.completion_tokens_details, "completion_tokens_details");
  const reasoningTokens = countOf(output?.reasoning_tokens, "reasoning_tokens");
  return {
    inputTokens: countOf(usage?.prompt_tokens, "prompt_tokens") ?? 0,
    outputTokens: countOf(usage?.completion_tokens, "completion_tokens") ?? 0,
    cachedInputTokens: countOf(input?.cached_tokens, "cached_tokens") ?? 0,
    // The API says 0 for models that do not reason.
    ...(reasoningTokens === undefined || reasoningTokens === 0 ? {} : { reasoningTokens }),
  };
}

/** Those of the text's tokens; [] where there are none. */
export function readLogprobs(logprobs: unknown): readonly TokenLogprob[] {
  return listOf(fieldsOf(logprobs, "logprobs")?.content, "logprobs").map((entry) => {
    const fields = required(fieldsOf(entry, "logprobs"), "logprobs");
    const others = listOf(fields.top_logprobs, "top_logprobs");
    const alternatives = others.map((other) => tokenOf(required(fieldsOf(other, "top_logprobs"), "top_logprobs")));
    return { ...tokenOf(fields), alternatives };
  });
}

function tokenOf({ token, logprob, bytes }: Fields): Omit<TokenLogprob, "alternatives"> {
  const known = listOf(bytes, "bytes").map((byte) => numberOf(byte, "bytes"));
  return {
    token: textOf(token, "token"),
    logprob: numberOf(logprob, "logprob"),
    ...(known.length === 0 ? {} : { bytes: known }),
  };
}

function readToolCall(entry: unknown): ToolCall {
  const call = required(fieldsOf(entry, "tool_calls"), "tool_calls");
  const called = fieldsOf(call.function, "function");
  return {
    id: required(textOf(call.id, "id"), "id"),
    name: required(textOf(called?.name, "name"), "name"),
    arguments: textOf(called?.arguments, "arguments"),
  };
}
