import type { FinishReason } from "../../../../domain/answer.ts";
import type { ResponseFormat, Tool, ToolChoice } from "../../../../domain/chat.ts";
import { fromPassage } from "../../representations.ts";
import { openaiErrorOf } from "./errors.ts";
import type { CallItem, MessageItem, OutputItem, ResponseOutput } from "./response-output.ts";
import type { ResponsesBody } from "./responses-schema.ts";
import { responseUsage } from "./usage.ts";

/** What every state of a response begins with. */
export interface ResponseHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** As `responseSettings` gives them. */
  readonly settings: ReturnType<typeof responseSettings>;
}

type ItemStatus = "in_progress" | "completed" | "incomplete";

/** Why an answer ended, in the words of responses, which have none for passages that do not hold an answer. */
const INCOMPLETE: Partial<Record<FinishReason, string>> = {
  length: "max_output_tokens",
  "content-filter": "content_filter",
};

/** A response that is being written; its items come in events of their own. */
export function responseInProgress(head: ResponseHead, { passages }: ResponseOutput) {
  return {
    ...beginning(head, "in_progress"),
    ...head.settings,
    output: [],
    ...(passages === undefined ? {} : { sources: passages.map(fromPassage) }),
  };
}

/** The answer of `POST /v1/responses`. @throws Error where the events did not end with `done` */
export function endedResponse(head: ResponseHead, { items, passages, end }: ResponseOutput) {
  if (end === undefined) throw new Error("The answer's events do not end with `done`.");
  const reason = INCOMPLETE[end.finishReason];
  return {
    ...beginning(head, reason === undefined ? "completed" : "incomplete"),
    ...(reason === undefined ? { completed_at: Math.floor(Date.now() / 1000) } : { incomplete_details: { reason } }),
    ...head.settings,
    output: itemsOf(items, lastStatus(end.finishReason)),
    usage: responseUsage(end.usage),
    ...(passages === undefined ? {} : { sources: passages.map(fromPassage) }),
    searched_for: end.searchedFor,
    ...(end.finishReason === "no-answer" ? { no_answer: true } : {}),
    ungrounded: end.ungrounded,
    groundedness: end.groundedness,
    ...(end.warnings.length === 0 ? {} : { warnings: end.warnings }),
  };
}

/** A response that broke off, with what was written of it. */
export function failedResponse(head: ResponseHead, { items, passages }: ResponseOutput, error: Error) {
  const { message, code } = openaiErrorOf(error, "input").error;
  return {
    ...beginning(head, "failed"),
    error: { code, message },
    ...head.settings,
    output: itemsOf(items, "incomplete"),
    ...(passages === undefined ? {} : { sources: passages.map(fromPassage) }),
  };
}

/** Status of the last item of an answer that ended so. */
export function lastStatus(finishReason: FinishReason): "completed" | "incomplete" {
  return INCOMPLETE[finishReason] === undefined ? "completed" : "incomplete";
}

export function itemOf(item: OutputItem, status: ItemStatus) {
  return item.type === "message" ? messageOf(item, status, [partOf(item)]) : callOf(item, status);
}

/** A message with these parts. */
export function messageOf<Part>({ id }: MessageItem, status: ItemStatus, content: readonly Part[]) {
  return { id, type: "message", status, role: "assistant", content };
}

/** The one part of a message. */
export function partOf({ text, annotations, logprobs }: MessageItem) {
  return { type: "output_text", text, annotations, logprobs };
}

function callOf({ id, callId, name, arguments: json }: CallItem, status: ItemStatus) {
  return { id, type: "function_call", status, call_id: callId, name, arguments: json };
}

function itemsOf(items: readonly OutputItem[], last: ItemStatus) {
  return items.map((item, index) => itemOf(item, index === items.length - 1 ? last : "completed"));
}

function beginning({ id, createdAt }: ResponseHead, status: "in_progress" | "completed" | "incomplete" | "failed") {
  return {
    id,
    object: "response",
    created_at: createdAt,
    status,
    completed_at: null as number | null,
    error: null,
    incomplete_details: null as { readonly reason: string } | null,
  };
}

/** What was asked for, as a response tells it; null for what is the model's own choice. */
export function responseSettings(body: ResponsesBody) {
  const { tools = [], tool_choice: choice = "auto", text, reasoning } = body;
  return {
    background: false,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    model: body.model,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: reasoning?.effort ?? null, summary: null },
    service_tier: "default",
    store: false,
    temperature: body.temperature ?? null,
    text: { format: fromFormat(text?.format ?? { type: "text" }), verbosity: "medium" },
    tool_choice: fromChoice(choice),
    tools: tools.map(fromTool),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? null,
    truncation: "disabled",
  };
}

function fromFormat(format: ResponseFormat) {
  if (format.type === "text") return format;
  if (format.type === "json-object") return { type: "json_object" };
  const { name, description, schema, strict = false } = format;
  return { type: "json_schema", name, description, schema, strict };
}

function fromChoice(choice: ToolChoice) {
  return typeof choice === "string" ? choice : { type: "function", name: choice.name };
}

function fromTool({ name, description, parameters, strict = false }: Tool) {
  return { type: "function", name, description, parameters, strict };
}
