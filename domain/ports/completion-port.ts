import type { FinishReason, Usage } from "../answer.ts";
import type { Prompt } from "../prompt.ts";

export interface CompletionRequest {
  readonly prompt: Prompt;
  /** Bound of the answer's length in the model's own tokens; at least 1. */
  readonly maxTokens: number;
  /** In [0, 2]; the model's own default where absent. */
  readonly temperature?: number;
}

export interface Completion {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** What the vendor could not honour, in words for the caller; [] where it honoured everything. */
  readonly warnings: readonly string[];
}

/** Any number of `delta`s with text that is not empty, then exactly one `finish`, which is the last event. */
export type CompletionEvent =
  | { readonly type: "delta"; readonly text: string }
  | ({ readonly type: "finish" } & Omit<Completion, "text">);

/** A model that completes a prompt. */
export interface CompletionPort {
  /** Tokens that prompt and answer may have together. */
  readonly contextTokens: number;

  /**
   * The whole answer at once. Text is never empty unless the finish reason is `content-filter` or `length`.
   * @throws ServiceError context-overflow, content-refused, rate-limited, vendor-auth, vendor-rejected,
   * vendor-unavailable, vendor-reply-invalid, timeout, cancelled
   */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion>;

  /**
   * The same answer as it is written: the deltas joined are `complete`'s text, `finish` carries the rest.
   * Ending the iteration early cancels the vendor's work.
   * @throws ServiceError as `complete` does, from the iteration; a stream that breaks off is `vendor-reply-invalid` or
   * `vendor-unavailable`, never a short answer
   */
  stream(request: CompletionRequest, signal: AbortSignal): AsyncIterable<CompletionEvent>;

  /** Ends what the adapter started; calls under way may fail. */
  close?(): Promise<void>;
}
