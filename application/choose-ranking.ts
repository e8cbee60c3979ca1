import { isSameRanking, type Ranking } from "../domain/ranking.ts";
import type { MeasuredRanking } from "./measure-rankings.ts";
import { randomisationTest } from "./randomisation-test.ts";
import { shuffled } from "./seeded-random.ts";

/** Below this many queries chance says more than they do. */
export const MIN_QUERIES = 20;
/** What the p value of a better ranking must be below. */
export const SIGNIFICANCE = 0.05;

const FOLDS = 5;
const SEED = 1;

export interface RankingChoice {
  /** What the corpus should follow. */
  readonly ranking: Ranking;
  /** `better`: it beats the default on queries that had no part in choosing it; else why the default stays. */
  readonly reason: "better" | "default-best" | "not-significant" | "too-few-queries";
  /** The ranking with the best mean nDCG@10 over all queries, the default where it is as good. */
  readonly best: Ranking;
  /** How the choice did on the queries that it was not made from. */
  readonly heldOut: {
    /** Mean nDCG@10 minus the default's. */
    readonly difference: number;
    /** Two-sided; in (0, 1]. */
    readonly pValue: number;
  };
}

/**
 * Chooses by cross-validation, so that noise is not tuned: in five rounds the best ranking of four fifths of the queries is
 * asked the last fifth. Only where what it gained there on the default is above 0 with p < 0.05 (randomisation test) the
 * ranking that is best over all queries is chosen; else the default stays. `measured` must hold the default, and all must be of the same queries.
 */
export function chooseRanking(measured: readonly MeasuredRanking[], defaultRanking: Ranking): RankingChoice {
  const fallback = measured.find(({ ranking }) => isSameRanking(ranking, defaultRanking));
  if (fallback === undefined) throw new Error("The default ranking was not measured.");
  const candidates = [fallback, ...measured.filter((candidate) => candidate !== fallback)];
  const queries = [...fallback.report.queries.keys()];
  const best = bestOf(candidates, queries).ranking;
  const gains = heldOutGains(candidates, shuffled(queries, SEED));
  const difference = gains.reduce((sum, gain) => sum + gain, 0) / Math.max(1, gains.length);
  const heldOut = { difference, pValue: randomisationTest(gains) };
  const stay = { ranking: defaultRanking, best, heldOut };
  if (queries.length < MIN_QUERIES) return { ...stay, reason: "too-few-queries" };
  if (isSameRanking(best, defaultRanking)) return { ...stay, reason: "default-best" };
  if (difference <= 0 || heldOut.pValue >= SIGNIFICANCE) return { ...stay, reason: "not-significant" };
  return { ranking: best, reason: "better", best, heldOut };
}

/** Of each query, the nDCG@10 of the ranking chosen without it minus that of the first candidate. */
function heldOutGains(candidates: readonly MeasuredRanking[], queries: readonly number[]): readonly number[] {
  return Array.from({ length: FOLDS }, (_, fold) => {
    const isHeldOut = (position: number) => position % FOLDS === fold;
    const chosen = bestOf(
      candidates,
      queries.filter((_, position) => !isHeldOut(position)),
    );
    return queries
      .filter((_, position) => isHeldOut(position))
      .map((query) => scoreOf(chosen, query) - scoreOf(candidates[0], query));
  }).flat();
}

/** The candidate with the highest sum over these queries; the first of those that are alike. */
function bestOf(candidates: readonly MeasuredRanking[], queries: readonly number[]): MeasuredRanking {
  const sums = candidates.map((candidate) => queries.reduce((sum, query) => sum + scoreOf(candidate, query), 0));
  const most = Math.max(...sums);
  return candidates[sums.findIndex((sum) => sum >= most - 1e-9)] as MeasuredRanking;
}

function scoreOf(candidate: MeasuredRanking | undefined, query: number): number {
  return candidate?.report.queries[query]?.ndcgAt10 ?? 0;
}
