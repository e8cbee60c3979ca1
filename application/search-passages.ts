import type { AdapterFactory } from "../domain/ports/adapter-factory.ts";
import type { Retrieval, RetrievalRequest } from "../domain/ports/retrieval-port.ts";

/** Finds passages without answering. */
export class SearchPassages {
  private readonly adapters: AdapterFactory;

  constructor(adapters: AdapterFactory) {
    this.adapters = adapters;
  }

  /** @throws ServiceError unsupported-vector-db, not-configured, and whatever the search engine throws */
  async search(search: string, request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    return this.adapters.retrieval(search).retrieve(request, signal);
  }
}
