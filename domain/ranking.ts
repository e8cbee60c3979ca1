/** How a search engine orders what it finds. */
export interface Ranking {
  /** What finds passages: vectors (dense), words (sparse), or both (fused). */
  readonly mode: "dense" | "sparse" | "fused";
  /** Share of the vectors' score where both are fused, in [0, 1]; the words have the rest. It says nothing in the other modes. */
  readonly denseWeight: number;
}

/** The ranking in a word or two: `dense`, `sparse`, `fused 0.3`. */
export function nameOfRanking({ mode, denseWeight }: Ranking): string {
  return mode === "fused" ? `fused ${denseWeight}` : mode;
}

/** Whether both order alike; a weight differs only where both are fused. */
export function isSameRanking(one: Ranking, other: Ranking): boolean {
  return nameOfRanking(one) === nameOfRanking(other);
}
