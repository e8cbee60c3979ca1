import type { FinishReason, Usage } from "../../../domain/answer.ts";
import type { TokenLogprob } from "../../../domain/chat.ts";
import type { Completion, CompletionEvent } from "../../../domain/ports/completion-port.ts";
import {
  firstChoice,
  readFinishReason,
  readLogprobs,
  readUsage,
  refuseEmpty,
  refuseFailure,
  refuseRefusal,
} from "./completion-reply.ts";
import { invalidReply } from "./errors.ts";
import { countOf, type Fields, fieldsOf, listOf, required, textOf } from "./json-fields.ts";

/** What stands in the place of a chunk after the last one. */
const DONE = "[DONE]";

/** Reads the chunks of one stream, in their order. */
export class ChunkReader {
  private finishReason: FinishReason | undefined;
  private usage: Usage = readUsage(undefined);
  private wrote = false;
  private done = false;
  /** The vendor's number of each tool call, at the place of ours. */
  private readonly calls: number[] = [];
  /** Likelihoods that came without text, which go with the next. */
  private logprobs: readonly TokenLogprob[] = [];

  /** What the chunk adds, [] where it adds nothing. @throws ServiceError vendor-reply-invalid, content-refused, or what the vendor reports */
  read(data: string): readonly CompletionEvent[] {
    this.done ||= data === DONE;
    if (this.done) return [];
    const chunk = required(fieldsOf(parse(data), "chunk"), "chunk");
    refuseFailure(chunk);
    const usage = fieldsOf(chunk.usage, "usage");
    if (usage !== undefined) this.usage = readUsage(usage);
    const choice = firstChoice(chunk);
    if (choice === undefined) return [];
    const events = this.readDelta(fieldsOf(choice.delta, "delta") ?? {}, choice.logprobs);
    if (choice.finish_reason) this.finishReason = readFinishReason(choice.finish_reason);
    this.wrote ||= events.length > 0;
    return events;
  }

  /** What the whole stream came to. @throws ServiceError vendor-reply-invalid where it broke off, or held nothing */
  finish(): Omit<Completion, "warnings" | "text" | "toolCalls" | "logprobs"> {
    if (this.finishReason === undefined) throw invalidReply("broke off before its end");
    refuseEmpty(this.wrote, this.finishReason);
    return { finishReason: this.finishReason, usage: this.usage };
  }

  private readDelta(delta: Fields, logprobs: unknown): readonly CompletionEvent[] {
    refuseRefusal(delta);
    const text = textOf(delta.content, "content");
    const calls = listOf(delta.tool_calls, "tool_calls").flatMap((call) => this.readToolCall(call));
    if (logprobs) this.logprobs = [...this.logprobs, ...readLogprobs(logprobs)];
    return text === "" ? calls : [this.deltaOf(text), ...calls];
  }

  private deltaOf(text: string): CompletionEvent {
    const { logprobs } = this;
    if (logprobs.length === 0) return { type: "delta", text };
    this.logprobs = [];
    return { type: "delta", text, logprobs };
  }

  /** The first piece of a call has its id and its name, every piece its number. */
  private readToolCall(piece: unknown): readonly CompletionEvent[] {
    const call = required(fieldsOf(piece, "tool_calls"), "tool_calls");
    const called = fieldsOf(call.function, "function");
    const number = required(countOf(call.index, "index"), "index");
    const json = textOf(called?.arguments, "arguments");
    const events: CompletionEvent[] = [];
    let index = this.calls.indexOf(number);
    if (index < 0) {
      index = this.calls.push(number) - 1;
      const id = required(textOf(call.id, "id"), "id");
      events.push({ type: "tool-call", index, id, name: required(textOf(called?.name, "name"), "name") });
    }
    if (json !== "") events.push({ type: "tool-arguments", index, json });
    return events;
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw invalidReply("is not readable", error);
  }
}
