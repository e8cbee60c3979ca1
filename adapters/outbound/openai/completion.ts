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
import { chatRequest } from "./chat-request.ts";
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
    const reply = await this.client.post(PATH, chatRequest(this.model, request, this.supports), signal);
    return { ...readReply(reply), warnings: warnUnsupported(request, this.supports) };
  }

  async *stream(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    const body = chatRequest(this.model, request, this.supports);
    const streamed = { ...body, stream: true, stream_options: { include_usage: true } };
    const events = await this.client.openEvents(PATH, streamed, signal);
    const reader = new ChunkReader();
    try {
      for (let arrived = await events.next(); arrived !== undefined; arrived = await events.next()) {
        for (const data of arrived) {
          for (const event of reader.read(data)) {
            yield event;
            throwIfAborted(signal);
          }
        }
      }
    } finally {
      events.cancel();
    }
    yield { type: "finish", ...reader.finish(), warnings: warnUnsupported(request, this.supports) };
  }

  /** Lets go of its connections, which it shares with the other models there. */
  close(): Promise<void> {
    return this.client.close();
  }
}
