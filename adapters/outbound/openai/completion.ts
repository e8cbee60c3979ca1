import type { CompletionFeature } from "../../../domain/chat.ts";
import { throwIfAborted } from "../../../domain/errors.ts";
import type {
  Completion,
  CompletionEvent,
  CompletionPort,
  CompletionRequest,
} from "../../../domain/ports/completion-port.ts";
import { warnUnsupported } from "../../../domain/unsupported-parameters.ts";
import { ApiClient } from "./api-client.ts";
import { type ChatRequest, chatRequest } from "./chat-request.ts";
import { ChunkReader } from "./chunk-reader.ts";
import { readReply } from "./completion-reply.ts";
import { featuresWithout } from "./features.ts";
import type { OpenAICompletionOptions } from "./options.ts";

const PATH = "/chat/completions";

/** A model behind the chat completions of the OpenAI API; each call is one attempt, with no clock but its signal. */
export function createCompletion(options: OpenAICompletionOptions): CompletionPort {
  return new OpenAICompletion(new ApiClient(options), options);
}

export class OpenAICompletion implements CompletionPort {
  readonly contextTokens: number;
  readonly supports: ReadonlySet<CompletionFeature>;
  private readonly client: ApiClient;
  private readonly model: string;

  constructor(client: ApiClient, options: OpenAICompletionOptions) {
    const { temperature, unsupported } = options;
    this.contextTokens = options.context_tokens;
    this.supports = featuresWithout(temperature === "unsupported" ? [...unsupported, "temperature"] : unsupported);
    this.client = client;
    this.model = options.model;
  }

  async complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion> {
    const reply = await this.client.post(PATH, this.bodyOf(request), signal);
    return { ...readReply(reply), warnings: warnUnsupported(request, this.supports) };
  }

  async *stream(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    const body = { ...this.bodyOf(request), stream: true, stream_options: { include_usage: true } };
    const reader = new ChunkReader();
    for await (const events of this.client.stream(PATH, body, signal)) {
      for (const data of events) {
        for (const event of reader.read(data)) {
          yield event;
          throwIfAborted(signal);
        }
      }
    }
    yield { type: "finish", ...reader.finish(), warnings: warnUnsupported(request, this.supports) };
  }

  /** Lets go of its connections, which it shares with the other models there. */
  close(): Promise<void> {
    return this.client.close();
  }

  private bodyOf(request: CompletionRequest): ChatRequest {
    return chatRequest(this.model, request, this.supports);
  }
}
