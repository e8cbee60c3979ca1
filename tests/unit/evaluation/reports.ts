import type { EvaluationReport } from "../../../application/evaluate-retrieval.ts";

/** A report whose queries have these nDCG@10, and nothing else to tell. */
export function reportOf(...scores: readonly number[]): EvaluationReport {
  const rest = { recallAt10: 0, recallAt100: 0, reciprocalRank: 0, milliseconds: 0 };
  const queries = scores.map((ndcgAt10, index) => ({ id: `${index}`, ndcgAt10, ...rest }));
  const sum = scores.reduce((total, score) => total + score, 0);
  return { queries, mean: { ndcgAt10: sum / Math.max(1, scores.length), ...rest } };
}
