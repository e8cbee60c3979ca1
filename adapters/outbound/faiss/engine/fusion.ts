import type { Ranking } from "../../../../domain/ranking.ts";
import type { Hit } from "./faiss-index.ts";
import { TopHits } from "./top-hits.ts";

/** Share of the dense score: docs/retrieval-quality.md has what was measured. */
const DEFAULT_DENSE_WEIGHT = 0.25;

/** What counts where neither the config nor the corpus's record says anything else. */
export const DEFAULT_RANKING: Ranking = { mode: "fused", denseWeight: DEFAULT_DENSE_WEIGHT };

/** Candidates that each side should bring: with fewer the combination loses, with more it gains nothing. */
export const FUSION_CANDIDATES = 100;

/** The scores of a list stretched to [0, 1]; a list whose scores are all the same gives 1 to each. */
function normalized(hits: readonly Hit[]): Map<number, number> {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const { score } of hits) {
    least = Math.min(least, score);
    most = Math.max(most, score);
  }
  const range = most - least;
  return new Map(hits.map(({ slot, score }) => [slot, range > 0 ? (score - least) / range : 1]));
}

/**
 * The convex combination (1 - w) * lexical + w * dense of the min-max normalised scores of two lists of candidates (Bruch,
 * Gai & Ingber 2023, https://arxiv.org/abs/2210.11934): at most `limit` hits, best first, equal scores by lower slot,
 * scores in [0, 1]. A candidate that only one list has gets 0 for the other (its exact score there made no difference). Where
 * one list is empty the other one's order stands. The weight is in [0, 1]; a slot occurs at most once in a list.
 */
export function fuse(
  lexical: readonly Hit[],
  dense: readonly Hit[],
  { limit, denseWeight = DEFAULT_DENSE_WEIGHT }: { readonly limit: number; readonly denseWeight?: number },
): Hit[] {
  const weight = lexical.length === 0 ? 1 : dense.length === 0 ? 0 : denseWeight;
  const [lexicalScores, denseScores] = [normalized(lexical), normalized(dense)];
  const best = new TopHits(limit);
  for (const slot of new Set([...lexicalScores.keys(), ...denseScores.keys()])) {
    const score = (1 - weight) * (lexicalScores.get(slot) ?? 0) + weight * (denseScores.get(slot) ?? 0);
    best.offer(slot, Math.min(1, score));
  }
  return best.sorted();
}
