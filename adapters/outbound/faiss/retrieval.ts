import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import type { SearchMode, SearchRequest, Space } from "./engine/protocol.ts";
import { SpaceGone } from "./engine-child.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { Spaces } from "./spaces.ts";

/** Times that a query is embedded again because the space has changed under it. */
const MAX_EMBEDDINGS = 4;

export interface FaissRetrievalParts {
  readonly engine: EngineProcess;
  readonly spaces: Spaces;
  readonly mode: SearchMode;
  /** Share of the dense score in the fused one, in [0, 1]. */
  readonly denseWeight: number;
  /** Ends what this side shares with the corpus. */
  readonly close: () => Promise<void>;
}

/** Finds passages by their vectors (FAISS), their words (BM25) or both, in the engine's process. */
export class FaissRetrieval implements RetrievalPort {
  private readonly parts: FaissRetrievalParts;

  constructor(parts: FaissRetrievalParts) {
    this.parts = parts;
  }

  async retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    throwIfAborted(signal);
    const { engine, spaces, mode, denseWeight } = this.parts;
    const { query, topK, filter } = request;
    const search: SearchRequest = { query, topK, mode, denseWeight, ...(filter === undefined ? {} : { filter }) };
    let embedMs = 0;
    let space: Space | undefined;
    for (let embeddings = 0; embeddings < MAX_EMBEDDINGS; embeddings++) {
      const startedAt = performance.now();
      const dense = mode === "sparse" ? undefined : await spaces.embedQuery(query, signal, space).catch(asUnknown);
      if (dense !== undefined) embedMs += performance.now() - startedAt;
      const reply = await engine
        .call("search", dense === undefined ? search : { ...search, dense }, signal)
        .catch(asRetrieval);
      if (reply.passages !== undefined) return { passages: reply.passages, embedMs, warnings: reply.warnings };
      space = reply.space;
      spaces.search(space);
    }
    throw new ServiceError("retrieval-unavailable", "The corpus's vectors are being replaced again and again.", {
      retryable: true,
    });
  }

  close(): Promise<void> {
    return this.parts.close();
  }
}

/** The engine names the space that there is instead. */
function asUnknown(error: unknown): undefined {
  if (!(error instanceof SpaceGone)) throw error;
}

/** A record that cannot be read means, to whoever searches, that the engine cannot answer. */
function asRetrieval(error: unknown): never {
  if (!(error instanceof ServiceError) || error.code !== "storage-failed") throw error;
  const { message, retryable, cause } = error;
  throw new ServiceError("retrieval-unavailable", message, { retryable, cause });
}
