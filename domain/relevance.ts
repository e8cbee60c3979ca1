/** How well the best passage of a search matches its query; comparable between queries of one corpus. */
export interface Relevance {
  /** BM25 score of the best passage, as a share of the most that a passage could score, 0 to 1; absent where words were not searched. */
  readonly lexical?: number;
  /** Cosine of the nearest passage, 0 to 1; absent where there was no vector to compare with. */
  readonly dense?: number;
  /** Whether it reaches the corpus's floor, so that the corpus may hold an answer. */
  readonly reachesFloor: boolean;
}

/** Relevance below which a corpus is taken to hold no answer, each in [0, 1]. */
export interface RelevanceFloor {
  readonly lexical: number;
  readonly dense: number;
}
