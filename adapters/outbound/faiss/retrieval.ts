import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import type { Ranking } from "../../../domain/ranking.ts";
import type { SearchReply, SearchRequest, Space } from "./engine/protocol.ts";
import { SpaceGone } from "./engine-child.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { Spaces } from "./spaces.ts";

/** Times that a query is asked again because its vector is missing or the space has changed under it. */
const MAX_ATTEMPTS = 5;

export interface FaissRetrievalParts {
  readonly engine: EngineProcess;
  readonly spaces: Spaces;
  /** What the config says of the ranking; where it says nothing the record's counts, else the default. */
  readonly configured: Ranking | undefined;
  /** Ends what this side shares with the corpus. */
  readonly close: () => Promise<void>;
}

/** Finds passages by their vectors (FAISS), their words (BM25) or both, in the engine's process. */
export class FaissRetrieval implements RetrievalPort {
  private readonly parts: FaissRetrievalParts;
  /** Whether the last search that followed the record needed a vector: the next one will too, unless the record changes. */
  private recordWantsVector = false;

  constructor(parts: FaissRetrievalParts) {
    this.parts = parts;
  }

  retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    return this.retrieveRanked(this.parts.configured, request, signal);
  }

  /** Retrieves under a ranking; undefined is the record's, else the default. @throws ServiceError what `retrieve` throws */
  async retrieveRanked(
    ranking: Ranking | undefined,
    request: RetrievalRequest,
    signal: AbortSignal,
  ): Promise<Retrieval> {
    throwIfAborted(signal);
    const { engine, spaces } = this.parts;
    const search: SearchRequest = { ...request, ...(ranking === undefined ? {} : { ranking }) };
    let wantsVector = ranking === undefined ? this.recordWantsVector : ranking.mode !== "sparse";
    let embedMs = 0;
    let space: Space | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const startedAt = performance.now();
      const dense = wantsVector ? await spaces.embedQuery(request.query, signal, space).catch(asUnknown) : undefined;
      if (dense !== undefined) embedMs += performance.now() - startedAt;
      const asked = dense === undefined ? search : { ...search, dense };
      const reply: SearchReply = await engine.call("search", asked, signal).catch(asRetrieval);
      if (reply.passages !== undefined) {
        if (ranking === undefined) this.recordWantsVector = reply.ranking.mode !== "sparse";
        const { passages, relevance, warnings } = reply;
        return { passages, embedMs, warnings, relevance };
      }
      space = reply.space;
      spaces.search(space);
      wantsVector = true;
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
