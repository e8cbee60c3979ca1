import type { Hit } from "./faiss-index.ts";
import { fuse } from "./fusion.ts";

/** Best passages of a first round that are taken to be what the query is after. */
const FEEDBACK_PASSAGES = 3;
/** What their mean counts against the query's own vector: more of it drowns queries that one passage alone answers. */
const FEEDBACK_WEIGHT = 0.4;

export interface FeedbackRequest {
  /** The query's vector, of unit length. */
  readonly query: Float32Array;
  /** Vectors of unit length by slot, undefined where there is none; asked once, for at most the dense hits and three more. */
  vectorsOf(slots: readonly number[]): readonly (Float32Array | undefined)[];
  readonly limit: number;
  readonly denseWeight?: number;
}

/**
 * `fuse` in two rounds: the best three passages of the first pull the query's vector towards them (pseudo-relevance
 * feedback after Rocchio 1971; for dense vectors Li et al. 2022, https://arxiv.org/abs/2108.11044), the dense hits are
 * scored again with it and fused with the same lexical hits. Order and scores are as with `fuse`; no dense hits, no second
 * round.
 */
export function fuseWithFeedback(
  lexical: readonly Hit[],
  dense: readonly Hit[],
  { query, vectorsOf, ...settings }: FeedbackRequest,
): Hit[] {
  if (dense.length === 0) return fuse(lexical, dense, settings);
  const relevant = fuse(lexical, dense, { ...settings, limit: FEEDBACK_PASSAGES }).map(({ slot }) => slot);
  const slots = [...new Set([...relevant, ...dense.map(({ slot }) => slot)])];
  const vectors = vectorsOf(slots);
  const vectorBySlot = new Map(slots.map((slot, index) => [slot, vectors[index]]));
  const refined = towards(
    query,
    relevant.flatMap((slot) => vectorBySlot.get(slot) ?? []),
  );
  const scored = dense.flatMap(({ slot }) => {
    const vector = vectorBySlot.get(slot);
    return vector === undefined ? [] : [{ slot, score: innerProduct(refined, vector) }];
  });
  return fuse(lexical, scored, settings);
}

/** The query plus FEEDBACK_WEIGHT times the mean of the vectors. */
function towards(query: Float32Array, vectors: readonly Float32Array[]): Float32Array {
  const moved = query.slice();
  for (const vector of vectors) {
    for (let index = 0; index < moved.length; index++) {
      moved[index]! += (FEEDBACK_WEIGHT / vectors.length) * (vector[index] ?? 0);
    }
  }
  return moved;
}

function innerProduct(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += one[index]! * other[index]!;
  return sum;
}
