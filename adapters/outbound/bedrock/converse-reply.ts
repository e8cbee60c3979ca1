import { z } from "zod";
import type { FinishReason, Usage } from "../../../domain/answer.ts";
import type { ToolCall } from "../../../domain/chat.ts";
import type { Completion, CompletionEvent } from "../../../domain/ports/completion-port.ts";
import { invalidReply } from "./errors.ts";

const tokens = z.number().nonnegative().nullish();

const usageSchema = z
  .object({ inputTokens: tokens, outputTokens: tokens, cacheReadInputTokens: tokens, cacheWriteInputTokens: tokens })
  .nullish();

const toolUseSchema = z.object({ toolUseId: z.string().min(1), name: z.string().min(1), type: z.string().nullish() });

const replySchema = z.object({
  output: z.object({
    message: z.object({
      content: z.array(
        z.object({ text: z.string().nullish(), toolUse: toolUseSchema.extend({ input: z.unknown() }).nullish() }),
      ),
    }),
  }),
  stopReason: z.string(),
  usage: usageSchema,
});

const blockIndex = z.int().nonnegative();

const eventSchema = z.object({
  contentBlockStart: z
    .object({ contentBlockIndex: blockIndex, start: z.object({ toolUse: toolUseSchema.nullish() }).nullish() })
    .nullish(),
  contentBlockDelta: z
    .object({
      contentBlockIndex: blockIndex.nullish(),
      delta: z.object({ text: z.string().nullish(), toolUse: z.object({ input: z.string() }).nullish() }),
    })
    .nullish(),
  contentBlockStop: z.object({ contentBlockIndex: blockIndex }).nullish(),
  messageStop: z.object({ stopReason: z.string() }).nullish(),
  metadata: z.object({ usage: usageSchema }).nullish(),
});

type Event = z.output<typeof eventSchema>;

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  guardrail_intervened: "content-filter",
  content_filtered: "content-filter",
  tool_use: "tool-calls",
};

/** @throws ServiceError vendor-reply-invalid */
export function readReply(reply: unknown): Omit<Completion, "warnings"> {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) throw invalidReply("is no answer of Converse", parsed.error);
  const { output, stopReason, usage } = parsed.data;
  const { content } = output.message;
  const text = content.map((block) => block.text ?? "").join("");
  const toolCalls = content.flatMap(({ toolUse }): readonly ToolCall[] =>
    toolUse && isForUs(toolUse)
      ? [{ id: toolUse.toolUseId, name: toolUse.name, arguments: JSON.stringify(toolUse.input ?? {}) }]
      : [],
  );
  const finishReason = readStopReason(stopReason);
  refuseEmpty(text !== "" || toolCalls.length > 0, finishReason);
  return { text, toolCalls, finishReason, usage: readUsage(usage) };
}

/** A tool call whose block has not ended. */
interface OpenCall {
  readonly index: number;
  wrote: boolean;
}

/** Reads the events of one stream, in their order. */
export class EventReader {
  private finishReason: FinishReason | undefined;
  private usage: Usage = readUsage(undefined);
  private wrote = false;
  private calls = 0;
  /** By the number of their block. */
  private readonly open = new Map<number, OpenCall>();

  /** What the event adds, most often one event or none. @throws ServiceError vendor-reply-invalid */
  read(event: unknown): readonly CompletionEvent[] {
    const parsed = eventSchema.safeParse(event);
    if (!parsed.success) throw invalidReply("holds an event that is not Converse's", parsed.error);
    const { contentBlockStart, contentBlockDelta, contentBlockStop, messageStop, metadata } = parsed.data;
    if (messageStop) this.finishReason = readStopReason(messageStop.stopReason);
    if (metadata) this.usage = readUsage(metadata.usage);
    if (contentBlockDelta) return this.readDelta(contentBlockDelta);
    if (contentBlockStart) return this.readStart(contentBlockStart);
    return contentBlockStop ? this.readStop(contentBlockStop.contentBlockIndex) : [];
  }

  /** What the whole stream came to. @throws ServiceError vendor-reply-invalid where it broke off, or held nothing */
  finish(): Omit<Completion, "warnings" | "text" | "toolCalls"> {
    if (this.finishReason === undefined) throw invalidReply("broke off before its end");
    refuseEmpty(this.wrote, this.finishReason);
    return { finishReason: this.finishReason, usage: this.usage };
  }

  private readStart({ contentBlockIndex, start }: NonNullable<Event["contentBlockStart"]>): readonly CompletionEvent[] {
    const toolUse = start?.toolUse;
    if (!toolUse || !isForUs(toolUse)) return [];
    const index = this.calls;
    this.calls += 1;
    this.wrote = true;
    this.open.set(contentBlockIndex, { index, wrote: false });
    return [{ type: "tool-call", index, id: toolUse.toolUseId, name: toolUse.name }];
  }

  private readDelta({ contentBlockIndex, delta }: NonNullable<Event["contentBlockDelta"]>): readonly CompletionEvent[] {
    if (delta.text) {
      this.wrote = true;
      return [{ type: "delta", text: delta.text }];
    }
    const call = this.open.get(contentBlockIndex ?? -1);
    const json = delta.toolUse?.input ?? "";
    if (call === undefined || json === "") return [];
    call.wrote = true;
    return [{ type: "tool-arguments", index: call.index, json }];
  }

  /** A call without arguments streams none, where a whole answer has an empty object. */
  private readStop(contentBlockIndex: number): readonly CompletionEvent[] {
    const call = this.open.get(contentBlockIndex);
    this.open.delete(contentBlockIndex);
    return call === undefined || call.wrote ? [] : [{ type: "tool-arguments", index: call.index, json: "{}" }];
  }
}

/** Tools of the vendor's own servers are called there. */
function isForUs({ type }: z.output<typeof toolUseSchema>): boolean {
  return type !== "server_tool_use";
}

function readStopReason(reason: string): FinishReason {
  const known = Object.hasOwn(FINISH_REASONS, reason) ? FINISH_REASONS[reason] : undefined;
  if (known === undefined) throw invalidReply(`stopped for the reason ${JSON.stringify(reason).slice(0, 60)}`);
  return known;
}

function refuseEmpty(wrote: boolean, finishReason: FinishReason): void {
  if (!wrote && finishReason !== "length" && finishReason !== "content-filter") throw invalidReply("is empty");
}

/** Converse counts cached tokens beside inputTokens, not among them (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html). */
function readUsage(usage: z.output<typeof usageSchema>): Usage {
  const cachedInputTokens = usage?.cacheReadInputTokens ?? 0;
  const cacheWriteInputTokens = usage?.cacheWriteInputTokens ?? undefined;
  return {
    inputTokens: (usage?.inputTokens ?? 0) + cachedInputTokens + (cacheWriteInputTokens ?? 0),
    outputTokens: usage?.outputTokens ?? 0,
    cachedInputTokens,
    ...(cacheWriteInputTokens === undefined ? {} : { cacheWriteInputTokens }),
  };
}
