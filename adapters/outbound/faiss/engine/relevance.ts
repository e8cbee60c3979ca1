import type { Relevance, RelevanceFloor } from "../../../../domain/relevance.ts";
import type { Space } from "./protocol.ts";

/**
 * What counts where the corpus's record says nothing. Every judged query of the five collections in
 * docs/retrieval-quality.md scores more by its words; what cosines an embedder gives to what answers is not known before it was measured.
 */
export const DEFAULT_FLOOR: RelevanceFloor = { lexical: 0.05, dense: 0 };

/**
 * Judges the best scores of a search, each absent where that side was not searched. Vectors that were learned from the
 * corpus's own words say nothing that the words do not say better, so they count only where words were not searched.
 */
export function relevanceOf(
  best: { readonly lexical?: number; readonly dense?: number },
  floor: RelevanceFloor,
  kind: Space["kind"] | undefined,
): Relevance {
  const { lexical, dense } = best;
  const byWords = lexical !== undefined && lexical >= floor.lexical;
  const counts = kind === "fixed" || lexical === undefined;
  const byVectors = counts && dense !== undefined && dense >= floor.dense;
  return { ...best, reachesFloor: byWords || byVectors };
}
