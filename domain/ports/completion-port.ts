import type { FinishReason, Usage } from "../answer.ts";
import type { CompletionFeature, CompletionParameters, TokenLogprob, ToolCall } from "../chat.ts";
import type { Origin } from "../origin.ts";
import type { Prompt } from "../prompt.ts";

export interface CompletionRequest extends CompletionParameters, Origin {
  readonly prompt: Prompt;
  /** Bound of the answer's length in the model's own tokens, at least 1; the model's own where absent. */
  readonly maxTokens?: number;
}

export interface Completion {
  readonly text: string;
  /** In the model's order; [] where it asks for none. */
  readonly toolCalls: readonly ToolCall[];
  /** Those of the text's tokens, in their order; absent where they were not asked for. */
  readonly logprobs?: readonly TokenLogprob[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** What the vendor could not honour, in words for the caller; [] where it honoured everything. */
  readonly warnings: readonly string[];
}

/**
 * Any number of `delta`s, with text that is not empty, and of tool calls, then exactly one `finish`, which is the last event.
 * A tool call begins with its `tool-call`, numbered from 0 in the answer's order; its `tool-arguments` follow, in pieces.
 */
export type CompletionEvent =
  | { readonly type: "delta"; readonly text: string; readonly logprobs?: readonly TokenLogprob[] }
  | { readonly type: "tool-call"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool-arguments"; readonly index: number; readonly json: string }
  | ({ readonly type: "finish" } & Omit<Completion, "text" | "toolCalls" | "logprobs">);

/** A model that completes a prompt. */
export interface CompletionPort {
  /** Tokens that prompt and answer may have together. */
  readonly contextTokens: number;
  /**
   * What of a request the model honours. Whoever wants more is to be refused before the call; a port that is asked all the
   * same leaves it out with a warning.
   */
  readonly supports: ReadonlySet<CompletionFeature>;

  /**
   * The whole answer at once. Text is never empty unless the model asks for tools, or the finish reason is `content-filter`
   * or `length`.
   * @throws ServiceError invalid-request (a value that this vendor has no word for, under the feature's name), context-overflow,
   * content-refused, rate-limited, vendor-auth, vendor-rejected, vendor-unavailable, vendor-reply-invalid, timeout, cancelled
   */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion>;

  /**
   * The same answer as it is written: the deltas joined are `complete`'s text, the tool calls its tool calls, and `finish`
   * carries the rest. Ending the iteration early cancels the vendor's work.
   * @throws ServiceError as `complete` does, from the iteration; a stream that breaks off is `vendor-reply-invalid` or
   * `vendor-unavailable`, never a short answer
   */
  stream(request: CompletionRequest, signal: AbortSignal): AsyncIterable<CompletionEvent>;

  /** Ends what the adapter started; calls under way may fail. */
  close?(): Promise<void>;
}
