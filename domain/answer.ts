import type { TokenLogprob } from "./chat.ts";
import type { Passage, PassageLocation } from "./passage.ts";

/** A stretch of text in UTF-16 code units: start inclusive, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Which passage supports which stretch of the answer. */
export interface Citation {
  readonly passageId: string;
  readonly documentId: string;
  readonly title?: string;
  readonly uri?: string;
  /** Number by which the answer cites the passage, from 1. */
  readonly marker: number;
  /** Exact text of the passage that supports the claim best; "" where none overlaps it. */
  readonly quote: string;
  /** Where the quote stands in the passage's text. */
  readonly quoteSpan: Span;
  /** The claim: the stretch of the answer before the marker. */
  readonly answerSpan: Span;
  /**
   * Where the quote stands in its document: its offsets there, and the passage's section and page. Offsets are left out
   * where there is no quote or the engine does not know them, and all of it where it knows nothing.
   */
  readonly location?: PassageLocation;
  /** Of the passage: ISO 639-1 where it is known. */
  readonly language?: string;
  /** True only where code found the quote in the passage at its offsets and its words overlap the claim's. */
  readonly verified: boolean;
}

/**
 * Why the answer ended: `stop` the model was done, `length` it hit the bound, `content-filter` the vendor cut it,
 * `tool-calls` it asks for a tool, `no-answer` the passages do not hold an answer.
 */
export type FinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "no-answer";

/** Tokens as the vendor counted them; 0 where it does not count. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Part of inputTokens that the vendor took from its cache. */
  readonly cachedInputTokens: number;
  /** Part of inputTokens that the vendor wrote into its cache; absent where it does not say. */
  readonly cacheWriteInputTokens?: number;
  /** Part of outputTokens that the model thought and did not show; absent where the vendor does not say. */
  readonly reasoningTokens?: number;
  /** What it cost, in US dollars by the config's price table; absent where the table has no price for the model. */
  readonly costUsd?: number;
}

/** How much of an answer its passages hold. */
export interface Groundedness {
  /** Share of the sentences that are supported, 0 to 1; 0 where there is none. */
  readonly score: number;
  /** In the order of the answer, without those that state nothing. */
  readonly sentences: readonly GroundedSentence[];
}

export interface GroundedSentence {
  /** In the answer. */
  readonly span: Span;
  readonly supported: boolean;
  /** Of the best passage that supports it; absent where none does. */
  readonly marker?: number;
}

/** Milliseconds spent in each stage. */
export interface Timing {
  readonly embedMs: number;
  readonly retrieveMs: number;
  readonly completeMs: number;
  readonly totalMs: number;
}

export interface Answer {
  readonly text: string;
  readonly citations: readonly Citation[];
  /** What was retrieved, best first. */
  readonly passages: readonly Passage[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly timing: Timing;
  /** What the vendor or the engine could not honour, in words for the caller. */
  readonly warnings: readonly string[];
  /** Absent where the answer is none, or was given without passages. */
  readonly groundedness?: Groundedness;
  /** What passages were searched for, where that was not the prompt itself. */
  readonly searchedFor?: string;
  /** Absent where there is no cache. */
  readonly cache?: CacheOutcome;
  /** The search failed, and the model answered without passages, as the config lets it; absent in any other case. */
  readonly ungrounded?: true;
}

/**
 * What a cache of answers did: `hit` it had the answer, `semantic-hit` it had that of a question that means the same,
 * `joined` the same was being answered, `miss` it had none, `bypass` it was not asked or did not know in time.
 */
export type CacheOutcome = "hit" | "semantic-hit" | "joined" | "miss" | "bypass";

/**
 * What happens while a question is answered, in this order: one `cache` (none where there is no cache), one `sources` (none where nothing was to be retrieved), then
 * `delta`s, `citation`s and tool calls (as CompletionEvent has them), then one `done`.
 */
export type AnswerEvent =
  | { readonly type: "cache"; readonly outcome: CacheOutcome }
  | { readonly type: "sources"; readonly passages: readonly Passage[] }
  | { readonly type: "delta"; readonly text: string; readonly logprobs?: readonly TokenLogprob[] }
  | { readonly type: "citation"; readonly citation: Citation }
  | { readonly type: "tool-call"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool-arguments"; readonly index: number; readonly json: string }
  | {
      readonly type: "done";
      readonly finishReason: FinishReason;
      readonly usage: Usage;
      readonly timing: Timing;
      readonly warnings: readonly string[];
      readonly groundedness?: Groundedness;
      readonly searchedFor?: string;
      readonly ungrounded?: true;
    };
