import { type BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import type { CompletionFeature } from "../../../domain/chat.ts";
import { throwIfAborted } from "../../../domain/errors.ts";
import type {
  Completion,
  CompletionEvent,
  CompletionPort,
  CompletionRequest,
} from "../../../domain/ports/completion-port.ts";
import { createClient } from "./client.ts";
import { EventReader, readReply } from "./converse-reply.ts";
import { buildConverse, type ConverseCall } from "./converse-request.ts";
import { invalidReply, translateStreamError } from "./errors.ts";
import { featuresOf } from "./features.ts";
import type { BedrockCompletionOptions } from "./options.ts";
import { send } from "./send.ts";

/** A model of any family behind Bedrock's Converse and ConverseStream; each call is one attempt, with no clock but its signal. */
export function createCompletion(options: BedrockCompletionOptions): CompletionPort {
  return new BedrockCompletion(createClient(options), options);
}

export class BedrockCompletion implements CompletionPort {
  readonly contextTokens: number;
  readonly supports: ReadonlySet<CompletionFeature>;
  private readonly client: BedrockRuntimeClient;
  private readonly options: BedrockCompletionOptions;

  constructor(client: BedrockRuntimeClient, options: BedrockCompletionOptions) {
    this.contextTokens = options.context_tokens;
    this.supports = featuresOf(options);
    this.client = client;
    this.options = options;
  }

  async complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion> {
    const { input, warnings } = buildConverse(request, this.options, this.supports);
    const command = new ConverseCommand(input);
    const reply = await send((abortSignal) => this.client.send(command, { abortSignal }), signal);
    return { ...readReply(reply), warnings };
  }

  async *stream(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    const { input, warnings } = buildConverse(request, this.options, this.supports);
    // Leaving the SDK's stream early does not close its connection; aborting the call does.
    const call = new AbortController();
    const reader = new EventReader();
    try {
      for await (const event of this.events(input, AbortSignal.any([signal, call.signal]), signal)) {
        yield* reader.read(event);
      }
      throwIfAborted(signal);
      yield { type: "finish", ...reader.finish(), warnings };
    } finally {
      call.abort();
    }
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  private async *events(
    input: ConverseCall["input"],
    callSignal: AbortSignal,
    signal: AbortSignal,
  ): AsyncGenerator<unknown> {
    const command = new ConverseStreamCommand(input);
    const reply = await send((abortSignal) => this.client.send(command, { abortSignal }), callSignal);
    if (reply.stream === undefined) throw invalidReply("holds no stream");
    try {
      yield* reply.stream;
    } catch (error) {
      throw translateStreamError(error, signal);
    }
  }
}
