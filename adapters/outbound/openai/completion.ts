import type { OpenAI } from "openai";
import type { CompletionFeature, Message } from "../../../domain/chat.ts";
import { throwIfAborted } from "../../../domain/errors.ts";
import type {
  Completion,
  CompletionEvent,
  CompletionPort,
  CompletionRequest,
} from "../../../domain/ports/completion-port.ts";
import { textOf } from "../../../domain/prompt.ts";
import { ConfiguredOpenAI } from "./client.ts";
import { ChunkReader, readReply } from "./completion-reply.ts";
import { translateError } from "./errors.ts";
import type { OpenAICompletionOptions } from "./options.ts";

type ChatRequest = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "stream">;

/** A model behind the chat completions of the OpenAI API; each call is one attempt, with no clock but its signal. */
export function createCompletion(options: OpenAICompletionOptions): CompletionPort {
  return new OpenAICompletion(new ConfiguredOpenAI(options), options);
}

export class OpenAICompletion implements CompletionPort {
  readonly contextTokens: number;
  readonly supports: ReadonlySet<CompletionFeature>;
  private readonly client: OpenAI;
  private readonly options: OpenAICompletionOptions;

  constructor(client: OpenAI, options: OpenAICompletionOptions) {
    this.contextTokens = options.context_tokens;
    this.supports = new Set(options.temperature === "supported" ? ["temperature"] : []);
    this.client = client;
    this.options = options;
  }

  async complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion> {
    throwIfAborted(signal);
    const { body, warnings } = this.build(request);
    const reply: unknown = await this.client.chat.completions.create(body, { signal }).catch((error: unknown) => {
      throw translateError(error, signal);
    });
    return { ...readReply(reply), toolCalls: [], warnings };
  }

  async *stream(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    throwIfAborted(signal);
    const { body, warnings } = this.build(request);
    const reader = new ChunkReader();
    for await (const chunk of this.chunks(body, signal)) {
      const text = reader.read(chunk);
      if (text !== "") yield { type: "delta", text };
    }
    // An aborted stream of the SDK ends without an error.
    throwIfAborted(signal);
    yield { type: "finish", ...reader.finish(), warnings };
  }

  /** Left early, the SDK's stream aborts its request. */
  private async *chunks(body: ChatRequest, signal: AbortSignal): AsyncGenerator<unknown> {
    try {
      yield* await this.client.chat.completions.create(
        { ...body, stream: true, stream_options: { include_usage: true } },
        { signal },
      );
    } catch (error) {
      throw translateError(error, signal);
    }
  }

  private build(request: CompletionRequest): { readonly body: ChatRequest; readonly warnings: readonly string[] } {
    const { prompt, maxTokens, temperature } = request;
    const dropped = temperature !== undefined && this.options.temperature === "unsupported";
    return {
      body: {
        model: this.options.model,
        messages: [
          ...(prompt.system === "" ? [] : [{ role: "system" as const, content: prompt.system }]),
          ...prompt.messages.map(messageOf),
        ],
        ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
        ...(temperature === undefined || dropped ? {} : { temperature }),
      },
      warnings: dropped ? ["This model takes no temperature: it was left out."] : [],
    };
  }
}

function messageOf(message: Message): OpenAI.ChatCompletionMessageParam {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
  return { role: message.role, content: textOf(message) };
}
