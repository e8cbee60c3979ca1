import type { Chunk } from "../chunk.ts";
import type { SourceDocument } from "../document.ts";
import type { Filter } from "../filter.ts";
import type { Principal } from "../principal.ts";

/** A document together with its passages-to-be. */
export interface ChunkedDocument {
  readonly document: SourceDocument;
  /** In the order of the text; at least one. */
  readonly chunks: readonly Chunk[];
}

export interface PutReport {
  /** Documents that were not there before. */
  readonly added: number;
  /** Documents whose content, metadata or readers changed. */
  readonly replaced: number;
  /** Documents that were there, alike in everything: nothing was written. */
  readonly unchanged: number;
}

/** What a put does, or would do, with one document: a word of PutReport. */
export type PutOutcome = keyof PutReport;

/** A document that was read from a file, without what it holds. */
export interface ReadDocument {
  readonly id: string;
  /** As in Origin. */
  readonly file: string;
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

/** Documents by their ids, or by their metadata. */
export type Selection =
  | { readonly ids: readonly string[]; readonly filter?: never }
  | { readonly filter: Filter; readonly ids?: never };
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

  /**
   * What `put` would do with each of the documents, in their order, as the corpus is now; nothing is embedded or written.
   * @throws ServiceError invalid-request (as put), embedder-mismatch, storage-failed, overloaded, timeout, cancelled
   */
  compare(documents: readonly ChunkedDocument[], signal: AbortSignal): Promise<readonly PutOutcome[]>;

  /** Removes the documents with these ids, all at once; returns how many were there. @throws ServiceError storage-failed, overloaded, timeout, cancelled */
  remove(ids: readonly string[], signal: AbortSignal): Promise<number>;

  /**
   * Removes all documents whose metadata satisfy the filter, all at once: where it throws, none is gone, and whoever searches
   * meanwhile sees all of them or none. Returns how many there were.
   * @throws ServiceError invalid-request (an empty filter, which never means everything), storage-failed, overloaded, timeout, cancelled
   */
  removeMatching(filter: Filter, signal: AbortSignal): Promise<number>;

  /**
   * Removes, all at once, those of the documents with these ids that were read from this root and were not put otherwise since;
   * returns how many there were. @throws ServiceError storage-failed, overloaded, timeout, cancelled
   */
  removeRead(root: string, ids: readonly string[], signal: AbortSignal): Promise<number>;

  /**
   * The documents that were read from this root (see Origin), each once, in any order; none where there are none.
   * @throws ServiceError storage-failed, overloaded, timeout, cancelled, from the iteration
   */
  listRead(root: string, signal: AbortSignal): AsyncIterable<ReadDocument>;

  /**
   * As `remove` or `removeMatching`, but of the documents that the principal, or nobody known, may read (see `mayRead`);
   * the others stay, and are not counted, as if they were not there. @throws ServiceError as these do
   */
  removeFor(principal: Principal | undefined, selection: Selection, signal: AbortSignal): Promise<number>;

  /** The document as it was put, without its sections; undefined where there is none. @throws ServiceError storage-failed, timeout, cancelled */
  get(id: string, signal: AbortSignal): Promise<SourceDocument | undefined>;

  /**
   * Documents in an order of their ids that never changes, each with the stretches of its passages as its sections. Fewer
   * than `limit` may come where they are long; [] means that there are no more.
   * @throws ServiceError storage-failed, timeout, cancelled
   */
  list(page: CorpusPage, signal: AbortSignal): Promise<readonly SourceDocument[]>;

  /**
   * Names what searches of the corpus answer from now: another name than ever before once documents, vectors or the ranking
   * have changed. Cheap, so that it can be asked before every answer. @throws ServiceError storage-failed, overloaded, timeout, cancelled
   */
  version(signal: AbortSignal): Promise<string>;

  /** What all documents come to, whoever may read them. @throws ServiceError storage-failed, timeout, cancelled */
  describe(signal: AbortSignal): Promise<CorpusDescription>;

  /**
   * As `describe`, but only the documents and passages that the principal, or nobody known, may read are counted; generation
   * and embedder are still the whole corpus's. @throws ServiceError as `describe` does
   */
  describeFor(principal: Principal | undefined, signal: AbortSignal): Promise<CorpusDescription>;

  /**
   * Waits until the work that `put` leaves for later (learning a space, embedding into it, writing index files) is done;
   * returns at once where there is none. `onProgress` gets the share that is done, in [0, 1], never falling.
   * @throws ServiceError storage-failed, the embedder's errors, timeout, cancelled
   */
  settle(signal: AbortSignal, onProgress?: (share: number) => void): Promise<void>;

  /** Ends what the adapter started; calls under way may fail. */
  close?(): Promise<void>;
}
