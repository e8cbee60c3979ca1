import type { Chunk } from "../chunk.ts";
import type { SourceDocument } from "../document.ts";

/** A document together with its passages-to-be. */
export interface ChunkedDocument {
  readonly document: SourceDocument;
  /** In the order of the text; at least one. */
  readonly chunks: readonly Chunk[];
}

export interface PutReport {
  /** Documents that were not there before. */
  readonly added: number;
  /** Documents whose content or metadata changed. */
  readonly replaced: number;
  /** Documents that were there, alike in everything: nothing was written. */
  readonly unchanged: number;
}

/** What a corpus holds now. */
export interface CorpusDescription {
  readonly documents: number;
  readonly passages: number;
  /** Grows by at least one at each change. */
  readonly generation: number;
  /** Embedder that the vectors are of; absent where nothing has been embedded yet. */
  readonly embedder?: { readonly name: string; readonly dimensions: number };
}

/** Which documents of a corpus are wanted. */
export interface CorpusPage {
  /** Those behind this id, which need not be there; from the first one on where absent. */
  readonly after?: string;
  /** How many at most, at least 1. */
  readonly limit: number;
}

/** The writable side of a search engine. What a call acknowledges is durable and seen by the next search. */
export interface CorpusPort {
  /** Documents that one `put` takes at most. */
  readonly maxBatch: number;

  /**
   * Adds the documents, or replaces those whose id is there: all of them or, where it throws, none.
   * @throws ServiceError invalid-request (none, too many, one id twice), embedder-mismatch, storage-failed, overloaded,
   * the embedder's errors, timeout, cancelled
   */
  put(documents: readonly ChunkedDocument[], signal: AbortSignal): Promise<PutReport>;

  /** Removes the documents with these ids; returns how many were there. @throws ServiceError storage-failed, overloaded, timeout, cancelled */
  remove(ids: readonly string[], signal: AbortSignal): Promise<number>;

  /** The document as it was put, without its sections; undefined where there is none. @throws ServiceError storage-failed, timeout, cancelled */
  get(id: string, signal: AbortSignal): Promise<SourceDocument | undefined>;

  /**
   * Documents in an order of their ids that never changes, each with the stretches of its passages as its sections. Fewer
   * than `limit` may come where they are long; [] means that there are no more.
   * @throws ServiceError storage-failed, timeout, cancelled
   */
  list(page: CorpusPage, signal: AbortSignal): Promise<readonly SourceDocument[]>;

  /** @throws ServiceError storage-failed, timeout, cancelled */
  describe(signal: AbortSignal): Promise<CorpusDescription>;

  /**
   * Waits until the work that `put` leaves for later (learning a space, embedding into it, writing index files) is done;
   * returns at once where there is none. `onProgress` gets the share that is done, in [0, 1], never falling.
   * @throws ServiceError storage-failed, the embedder's errors, timeout, cancelled
   */
  settle(signal: AbortSignal, onProgress?: (share: number) => void): Promise<void>;

  /** Ends what the adapter started; calls under way may fail. */
  close?(): Promise<void>;
}
