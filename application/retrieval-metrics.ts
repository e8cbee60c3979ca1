/** Judgements of one query: gain by document id; above 0 is relevant. */
export type Judgements = ReadonlyMap<string, number>;

/**
 * Normalised discounted cumulative gain of the first `depth` documents, in [0, 1]; 0 where nothing is relevant.
 * Linear gain, discount log2(rank + 1), the ideal order of all judged documents as the norm: trec_eval's ndcg_cut, which
 * pytrec_eval and BEIR report (https://github.com/usnistgov/trec_eval/blob/main/m_ndcg_cut.c).
 */
export function ndcgAt(depth: number, ranking: readonly string[], judgements: Judgements): number {
  const gains = ranking.slice(0, depth).map((id) => gainOf(id, judgements));
  const idealGains = [...judgements.values()].filter((gain) => gain > 0).sort((one, other) => other - one);
  const ideal = discountedGain(idealGains.slice(0, depth));
  return ideal === 0 ? 0 : discountedGain(gains) / ideal;
}

/** Share of the relevant documents that stand among the first `depth`, in [0, 1]; 0 where nothing is relevant. */
export function recallAt(depth: number, ranking: readonly string[], judgements: Judgements): number {
  const relevant = [...judgements.values()].filter((gain) => gain > 0).length;
  const found = ranking.slice(0, depth).filter((id) => gainOf(id, judgements) > 0).length;
  return relevant === 0 ? 0 : found / relevant;
}

/** 1 / rank of the first relevant document, rank from 1; 0 where none was found. */
export function reciprocalRank(ranking: readonly string[], judgements: Judgements): number {
  const position = ranking.findIndex((id) => gainOf(id, judgements) > 0);
  return position === -1 ? 0 : 1 / (position + 1);
}

function gainOf(id: string, judgements: Judgements): number {
  return Math.max(0, judgements.get(id) ?? 0);
}

function discountedGain(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
