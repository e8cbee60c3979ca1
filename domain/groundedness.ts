import type { Groundedness, GroundedSentence } from "./answer.ts";
import { claimOf } from "./quotes.ts";
import type { CitableSource } from "./sources.ts";
import { splitSentences } from "./text/sentences.ts";

/** `[1]`, `[1, 2]`, `【1】`, which are no part of what a sentence states. */
const MARKERS = /[[【]\s?\d{1,3}(?:\s?[,，、]\s?\d{1,3}){0,9}\s?[\]】]/gu;

/**
 * Which sentences of an answer its sources support, whether the answer cites them or not. A source supports a sentence where
 * one to three sentences of it hold at least half of the sentence's distinct terms, and every number of it: a check of words,
 * which does not see a contradiction made of the same words. Sentences without a term state nothing, and are left out.
 */
export function groundednessOf(answer: string, sources: readonly CitableSource[]): Groundedness {
  const plain = answer.replaceAll(MARKERS, (marker) => " ".repeat(marker.length));
  const sentences = splitSentences(plain).flatMap((span): GroundedSentence[] => {
    const claim = claimOf(plain.slice(span.start, span.end));
    if (claim.terms.size === 0) return [];
    const supporting = sources.find(({ quotes }) => quotes.find(claim).supports);
    return [{ span, supported: supporting !== undefined, ...(supporting && { marker: supporting.marker }) }];
  });
  const supported = sentences.filter((sentence) => sentence.supported).length;
  return { score: sentences.length === 0 ? 0 : supported / sentences.length, sentences };
}
