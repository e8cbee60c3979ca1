/** What the container binds by name; the domain and the application never see these. */
export const COMPLETION = Symbol("CompletionPort");
/** The targets of a model. */
export const TARGETS = Symbol("ModelTargets");
/** The breaker of a search. */
export const BREAKER = Symbol("CircuitBreaker");
export const EMBEDDING = Symbol("EmbeddingPort");
export const RERANK = Symbol("RerankPort");
export const SEARCH = Symbol("Search");
/** Of a search that follows a published snapshot. */
export const FOLLOWED = Symbol("FollowedSearch");
export const EMBEDDING_STORE = Symbol("EmbeddingStore");
