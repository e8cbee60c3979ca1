import type { Filter } from "../filter.ts";
import type { Passage } from "../passage.ts";
import type { Principal } from "../principal.ts";
import type { Relevance } from "../relevance.ts";

export interface RetrievalRequest {
  /** Not empty. */
  readonly query: string;
  /** 1 to 100. */
  readonly topK: number;
  readonly filter?: Filter;
  /** On whose behalf: only passages that it may read are found. Absent, only what everybody may read is, or the engine refuses. */
  readonly principal?: Principal;
}

export interface Retrieval {
  /** Best first, at most topK, each id once, score in [0, 1] and never rising; [] where none match. */
  readonly passages: readonly Passage[];
  /** Milliseconds of the call that went into embedding the query; 0 where the engine needs none. */
  readonly embedMs: number;
  /** What the engine could not honour, in words for the caller; [] where it honoured everything. */
  readonly warnings: readonly string[];
  /** How well the best passage matches; absent where the engine cannot tell. */
  readonly relevance?: Relevance;
}

/** A search engine that finds passages. */
export interface RetrievalPort {
  /**
   * @throws ServiceError invalid-request (the engine wants what the request lacks), filter-unsupported, embedder-mismatch, rate-limited, vendor-auth, vendor-rejected,
   * vendor-unavailable, vendor-reply-invalid, retrieval-unavailable, overloaded, timeout, cancelled
   */
  retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval>;

  /** Ends what the adapter started; calls under way may fail. */
  close?(): Promise<void>;
}
