import type { CompletionPort } from "./completion-port.ts";
import type { CorpusPort } from "./corpus-port.ts";
import type { EmbeddingPort } from "./embedding-port.ts";
import type { RetrievalPort } from "./retrieval-port.ts";
import type { SnapshotPort } from "./snapshot-port.ts";
import type { TuningPort } from "./tuning-port.ts";

/** The ports by the names that the config gives them. */
export interface AdapterFactory {
  /** Names that `completion` accepts, in the config's order. */
  readonly models: readonly string[];
  /** Names that `retrieval` accepts, in the config's order. */
  readonly searches: readonly string[];
  /** Names that `corpus` accepts: the searches that we can write to. */
  readonly corpora: readonly string[];
  /** Names that `embedding` accepts, in the config's order: the embedders whose vectors do not hang on a corpus. */
  readonly embedders: readonly string[];

  /** @throws ServiceError unsupported-model, not-configured (names the missing variables) */
  completion(model: string): CompletionPort;

  /** @throws ServiceError unsupported-vector-db, not-configured (names the missing variables) */
  retrieval(search: string): RetrievalPort;

  /** @throws ServiceError not-found, not-configured, corpus-read-only */
  corpus(name: string): CorpusPort;

  /** @throws ServiceError unsupported-model, not-configured (names the missing variables), invalid-request (it learns from a corpus, and embeds for that corpus alone) */
  embedding(name: string): EmbeddingPort;

  /** Undefined where the ranking of this search cannot be chosen. @throws ServiceError not-found, not-configured */
  tuning(name: string): TuningPort | undefined;

  /** Snapshots of the corpus of this name. @throws ServiceError not-found, not-configured, corpus-read-only (its engine makes none) */
  snapshots(corpus: string): SnapshotPort;
}
