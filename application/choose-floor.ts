import type { Relevance, RelevanceFloor } from "../domain/relevance.ts";

/** Share of the questions with a known answer that may fall below a floor. */
export const REFUSED_SHARE = 0.02;
/** Below this many questions their least relevance says little of others. */
export const MIN_QUESTIONS = 50;

/**
 * The relevance that all but 2 % of questions with a known answer reach, by their words and by their vectors each; undefined
 * where the engine told it of fewer than 50 questions. Where no question was compared by one side, that side's floor is 0.
 */
export function chooseFloor(relevances: readonly (Relevance | undefined)[]): RelevanceFloor | undefined {
  const known = relevances.filter((relevance) => relevance !== undefined);
  if (known.length < MIN_QUESTIONS) return undefined;
  return {
    lexical: reachedByMost(known.map(({ lexical }) => lexical)),
    dense: reachedByMost(known.map(({ dense }) => dense)),
  };
}

function reachedByMost(values: readonly (number | undefined)[]): number {
  const sorted = values.filter((value) => value !== undefined).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * REFUSED_SHARE)] ?? 0;
}
