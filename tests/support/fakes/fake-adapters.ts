import { ServiceError } from "../../../domain/errors.ts";
import type { AdapterFactory } from "../../../domain/ports/adapter-factory.ts";
import type { CompletionPort } from "../../../domain/ports/completion-port.ts";
import type { CorpusPort } from "../../../domain/ports/corpus-port.ts";
import type { EmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import type { RetrievalPort } from "../../../domain/ports/retrieval-port.ts";
import type { TuningPort } from "../../../domain/ports/tuning-port.ts";

/** The adapters that a test gives, all under the name `fake`; there is no corpus unless one is given. */
export function fakeAdapters(ports: {
  readonly completion: CompletionPort;
  readonly retrieval: RetrievalPort;
  readonly corpus?: CorpusPort;
  readonly embedding?: EmbeddingPort;
  readonly tuning?: TuningPort;
}): AdapterFactory {
  function named<Port>(
    name: string,
    port: Port | undefined,
    code: "unsupported-model" | "unsupported-vector-db" | "not-found",
  ) {
    if (name === "fake" && port !== undefined) return port;
    throw new ServiceError(code, `There is only fake, and no ${name}.`);
  }
  return {
    models: ["fake"],
    searches: ["fake"],
    corpora: ports.corpus === undefined ? [] : ["fake"],
    embedders: ports.embedding === undefined ? [] : ["fake"],
    embedding: (name) => named(name, ports.embedding, "unsupported-model"),
    completion: (name) => named(name, ports.completion, "unsupported-model"),
    retrieval: (name) => named(name, ports.retrieval, "unsupported-vector-db"),
    corpus: (name) => named(name, ports.corpus, "not-found"),
    tuning: (name) => (name === "fake" ? ports.tuning : undefined),
    snapshots: (name) => named(name, undefined, "not-found"),
  };
}
