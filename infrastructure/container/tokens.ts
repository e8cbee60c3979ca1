/** What the container binds by name; the domain and the application never see these. */
export const COMPLETION = Symbol("CompletionPort");
export const EMBEDDING = Symbol("EmbeddingPort");
export const RERANK = Symbol("RerankPort");
export const SEARCH = Symbol("Search");
export const EMBEDDING_STORE = Symbol("EmbeddingStore");
