import type { ConverseCommandInput, Message as VendorMessage } from "@aws-sdk/client-bedrock-runtime";
import { z } from "zod";
import type { FinishReason, Usage } from "../../../domain/answer.ts";
import type { Message } from "../../../domain/chat.ts";
import type { Completion, CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { type Prompt, textOf } from "../../../domain/prompt.ts";
import { invalidReply } from "./errors.ts";
import type { BedrockCompletionOptions } from "./options.ts";

/** Converse takes no more, whatever the model (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html). */
const MAX_TEMPERATURE = 1;

export interface ConverseCall {
  readonly input: ConverseCommandInput;
  readonly warnings: readonly string[];
}

export function buildConverse(
  { prompt, maxTokens, temperature }: CompletionRequest,
  options: BedrockCompletionOptions,
): ConverseCall {
  const dropped = temperature !== undefined && options.temperature === "unsupported";
  const lowered = temperature !== undefined && !dropped && temperature > MAX_TEMPERATURE;
  const asMessage = options.system_prompt === "unsupported";
  return {
    input: {
      modelId: options.model,
      messages: alternating(prompt, asMessage),
      ...(prompt.system === "" || asMessage ? {} : { system: [{ text: prompt.system }] }),
      inferenceConfig: {
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(temperature === undefined || dropped ? {} : { temperature: Math.min(temperature, MAX_TEMPERATURE) }),
      },
    },
    warnings: [
      ...(dropped ? ["This model takes no temperature: it was left out."] : []),
      ...(lowered ? [`Bedrock takes a temperature up to ${MAX_TEMPERATURE}: ${temperature} was lowered to it.`] : []),
    ],
  };
}

/** Converse wants user and assistant to alternate: turns of one role become one message of several blocks. */
function alternating({ system, messages }: Prompt, systemFirst: boolean): VendorMessage[] {
  const opening: Message[] = systemFirst && system !== "" ? [{ role: "user", content: system }] : [];
  const merged: { role: VendorMessage["role"]; content: { text: string }[] }[] = [];
  for (const message of [...opening, ...messages]) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const last = merged.at(-1);
    if (last?.role === role) last.content.push({ text: textOf(message) });
    else merged.push({ role, content: [{ text: textOf(message) }] });
  }
  return merged;
}

const tokens = z.number().nonnegative().nullish();

const usageSchema = z
  .object({ inputTokens: tokens, outputTokens: tokens, cacheReadInputTokens: tokens, cacheWriteInputTokens: tokens })
  .nullish();

const replySchema = z.object({
  output: z.object({ message: z.object({ content: z.array(z.object({ text: z.string().nullish() })) }) }),
  stopReason: z.string(),
  usage: usageSchema,
});

const eventSchema = z.object({
  contentBlockDelta: z.object({ delta: z.object({ text: z.string().nullish() }) }).nullish(),
  messageStop: z.object({ stopReason: z.string() }).nullish(),
  metadata: z.object({ usage: usageSchema }).nullish(),
});

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
export function readReply(reply: unknown): Omit<Completion, "warnings" | "toolCalls"> {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) throw invalidReply("is no answer of Converse", parsed.error);
  const { output, stopReason, usage } = parsed.data;
  const text = output.message.content.map((block) => block.text ?? "").join("");
  const finishReason = readStopReason(stopReason);
  refuseEmpty(text !== "", finishReason);
  return { text, finishReason, usage: readUsage(usage) };
}

/** Reads the events of one stream, in their order. */
export class EventReader {
  private finishReason: FinishReason | undefined;
  private usage: Usage = readUsage(undefined);
  private wrote = false;

  /** The text that the event adds, "" where it adds none. @throws ServiceError vendor-reply-invalid */
  read(event: unknown): string {
    const parsed = eventSchema.safeParse(event);
    if (!parsed.success) throw invalidReply("holds an event that is not Converse's", parsed.error);
    const { contentBlockDelta, messageStop, metadata } = parsed.data;
    if (messageStop) this.finishReason = readStopReason(messageStop.stopReason);
    if (metadata) this.usage = readUsage(metadata.usage);
    const text = contentBlockDelta?.delta.text ?? "";
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

function readStopReason(reason: string): FinishReason {
  const known = FINISH_REASONS[reason];
  if (known === undefined) throw invalidReply(`stopped for the reason ${JSON.stringify(reason).slice(0, 60)}`);
  return known;
}

function refuseEmpty(wrote: boolean, finishReason: FinishReason): void {
  if (!wrote && finishReason !== "length" && finishReason !== "content-filter") throw invalidReply("is empty");
}

/** Converse counts cached tokens beside inputTokens, not among them (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html). */
function readUsage(usage: z.output<typeof usageSchema>): Usage {
  const cached = usage?.cacheReadInputTokens ?? 0;
  return {
    inputTokens: (usage?.inputTokens ?? 0) + cached + (usage?.cacheWriteInputTokens ?? 0),
    outputTokens: usage?.outputTokens ?? 0,
    cachedInputTokens: cached,
  };
}
