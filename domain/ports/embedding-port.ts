export interface EmbeddingRequest {
  /** 1 to maxBatch texts, none empty. */
  readonly texts: readonly string[];
  /** What the texts are: some models embed a query otherwise than a document. */
  readonly purpose: "query" | "document";
}

/** A model that turns texts into vectors. */
export interface EmbeddingPort {
  readonly kind: "fixed";
  /** Names the model and everything that changes its vectors; recorded with a corpus, so that another one is noticed. */
  readonly name: string;
  readonly dimensions: number;
  /** Texts that one call takes at most. */
  readonly maxBatch: number;

  /**
   * Vectors of unit length, in the texts' order, shape `[texts][dimensions]`; a text without any known term gives a vector of zeros.
   * @throws ServiceError invalid-request (no text, too many, an empty one, one that is longer than the model takes),
   * rate-limited, vendor-auth, vendor-rejected, vendor-unavailable, vendor-reply-invalid, not-configured (what the model
   * needs is not installed), overloaded (too many calls wait), timeout, cancelled, shutting-down
   */
  embed(request: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]>;

  /** Ends what the adapter started; calls under way may fail. */
  close?(): Promise<void>;
}

/** A model that learns its space from the very corpus that it serves. */
export interface LearnedEmbeddingPort {
  readonly kind: "learned";
  /** Names the method and everything but the sample that changes its vectors. */
  readonly name: string;
  /** Texts that `fit` takes at most. */
  readonly maxSample: number;

  /**
   * Learns from a sample of 1 to maxSample texts, the same model for the same sample; the bytes are to be kept beside the vectors.
   * @throws ServiceError invalid-request (an empty sample, or too large), timeout, cancelled
   */
  fit(sample: readonly string[], signal: AbortSignal): Promise<Uint8Array>;

  /**
   * The embedder that a fitted model stands for; texts that were not in the sample are folded in.
   * @throws ServiceError storage-failed (bytes that are no model, or of another version), cancelled
   */
  open(model: Uint8Array, signal: AbortSignal): Promise<EmbeddingPort>;

  /** Ends what the adapter started, the embedders that it opened too; calls under way may fail. */
  close?(): Promise<void>;
}
