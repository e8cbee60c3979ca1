export interface RerankRequest {
  /** 1 to maxCharacters characters. */
  readonly query: string;
  /** 1 to maxBatch texts, each of 1 to maxCharacters characters. */
  readonly texts: readonly string[];
  /** How many of the best are wanted, 1 to the number of texts. Default: all of them. */
  readonly topN?: number;
}

/** How well one of the texts answers the query. */
export interface RankedText {
  /** Place in the request's `texts`, from 0. */
  readonly index: number;
  /** In [0, 1], 1 for the most relevant. It depends on the query and this text alone, not on the texts beside it. */
  readonly score: number;
}

/** A model that reads a query and a text together, and says how well the one answers the other. */
export interface RerankPort {
  /** Texts that one call takes at most. */
  readonly maxBatch: number;
  /** UTF-16 code units that the query, and each text, may have at most. */
  readonly maxCharacters: number;

  /**
   * The topN best texts, best first, each index at most once, scores never rising; equal ones in the texts' order.
   * @throws ServiceError invalid-request (a query or text that is empty or too long, too few texts or too many, topN out of
   * range; `problems` lists all), rate-limited, vendor-auth, vendor-rejected, vendor-unavailable, vendor-reply-invalid,
   * timeout, cancelled
   */
  rerank(request: RerankRequest, signal: AbortSignal): Promise<readonly RankedText[]>;

  /** Ends what the adapter started; calls under way may fail. */
  close?(): Promise<void>;
}
