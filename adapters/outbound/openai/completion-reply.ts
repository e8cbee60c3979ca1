import { z } from "zod";
import type { FinishReason, Usage } from "../../../domain/answer.ts";
import type { Completion } from "../../../domain/ports/completion-port.ts";
import { invalidReply, refusal } from "./errors.ts";

const tokens = z.number().nonnegative().nullish();

const usageSchema = z
  .object({
    prompt_tokens: tokens,
    completion_tokens: tokens,
    prompt_tokens_details: z.object({ cached_tokens: tokens }).nullish(),
  })
  .nullish();

const contentSchema = z.object({ content: z.string().nullish(), refusal: z.string().nullish() });

const replySchema = z.object({
  choices: z.array(z.object({ message: contentSchema, finish_reason: z.string() })).min(1),
  usage: usageSchema,
});

const chunkSchema = z.object({
  choices: z.array(z.object({ delta: contentSchema.nullish(), finish_reason: z.string().nullish() })).nullish(),
  usage: usageSchema,
});

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
};

/** @throws ServiceError vendor-reply-invalid, content-refused */
export function readReply(reply: unknown): Omit<Completion, "warnings" | "toolCalls"> {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) throw invalidReply("is no chat completion", parsed.error);
  const [choice] = parsed.data.choices;
  if (choice?.message.refusal) throw refusal();
  const text = choice?.message.content ?? "";
  const finishReason = readFinishReason(choice?.finish_reason);
  refuseEmpty(text !== "", finishReason);
  return { text, finishReason, usage: readUsage(parsed.data.usage) };
}

/** Reads the chunks of one stream, in their order. */
export class ChunkReader {
  private finishReason: FinishReason | undefined;
  private usage: Usage = readUsage(undefined);
  private wrote = false;

  /** The text that the chunk adds, "" where it adds none. @throws ServiceError vendor-reply-invalid, content-refused */
  read(chunk: unknown): string {
    const parsed = chunkSchema.safeParse(chunk);
    if (!parsed.success) throw invalidReply("holds a chunk that is no part of a chat completion", parsed.error);
    if (parsed.data.usage) this.usage = readUsage(parsed.data.usage);
    const choice = parsed.data.choices?.[0];
    if (choice?.delta?.refusal) throw refusal();
    if (choice?.finish_reason) this.finishReason = readFinishReason(choice.finish_reason);
    const text = choice?.delta?.content ?? "";
    this.wrote ||= text !== "";
    return text;
  }

  /** What the whole stream came to. @throws ServiceError vendor-reply-invalid where it broke off, or held nothing */
  finish(): Omit<Completion, "warnings" | "text" | "toolCalls"> {
    if (this.finishReason === undefined) throw invalidReply("broke off before its end");
    refuseEmpty(this.wrote, this.finishReason);
    return { finishReason: this.finishReason, usage: this.usage };
  }
}

function readFinishReason(reason: string | undefined): FinishReason {
  const known = FINISH_REASONS[reason ?? ""];
  if (known === undefined)
    throw invalidReply(`ended for a reason that is not known: ${JSON.stringify(reason ?? "").slice(0, 60)}`);
  return known;
}

function refuseEmpty(wrote: boolean, finishReason: FinishReason): void {
  if (!wrote && finishReason !== "length" && finishReason !== "content-filter") throw invalidReply("is empty");
}

function readUsage(usage: z.output<typeof usageSchema>): Usage {
  return {
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
    cachedInputTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
  };
}
