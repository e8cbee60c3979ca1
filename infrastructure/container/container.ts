import { join } from "node:path";
import { Container } from "inversify";
import { RerankedRetrieval } from "../../application/reranked-retrieval.ts";
import type { Log } from "../../domain/log.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import type { RerankPort } from "../../domain/ports/rerank-port.ts";
import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";
import project from "../../package.json" with { type: "json" };
import type { AdapterEntry, Config, ModelEntry, SearchEntry } from "../config/load.ts";
import { CachedEmbedding } from "../embedding-cache/cached-embedding.ts";
import { EmbeddingStore } from "../embedding-cache/embedding-store.ts";
import { MeteredCompletion } from "../metering/metered-completion.ts";
import type { UsageRecorder } from "../metering/usage-recorder.ts";
import type { AdapterContext, Embedder, Search } from "./registry.ts";
import { COMPLETION, EMBEDDING, EMBEDDING_STORE, RERANK, SEARCH } from "./tokens.ts";

/** File of the data folder that keeps vectors of passages. */
const EMBEDDINGS = "embeddings.sqlite";

/**
 * Binds every adapter of the config whose variables are there, by its name; each is made when it is first asked for.
 * Code and SDKs of all others are never loaded. `unbindAllAsync` closes what was made.
 */
export async function buildContainer(
  config: Config,
  tokenizer: TokenizerPort,
  log: Log,
  usage: UsageRecorder,
  learnsUnasked = true,
): Promise<Container> {
  const container = new Container();

  function contextOf(name: string): AdapterContext {
    return {
      directory: join(config.dataDirectory, name),
      configDirectory: config.directory,
      tokenizer,
      log,
      learnsUnasked,
      version: project.version,
      embedder: (embedder) => container.get<Embedder>(EMBEDDING, { name: embedder }),
    };
  }

  /** The entry of a model, so that the use of what it makes is recorded. */
  function metered(entry: ModelEntry): AdapterEntry<CompletionPort> {
    const load = async () => {
      const create = await entry.load();
      return (context: AdapterContext) => new MeteredCompletion(entry.name, create(context), entry.price, usage);
    };
    return { ...entry, load };
  }

  /** The entry of a search, so that what it makes ranks anew with the reranker that it names. */
  function withReranker(entry: SearchEntry): AdapterEntry<Search> {
    const { rerank } = entry;
    if (rerank === undefined) return entry;
    const load = async () => {
      const create = await entry.load();
      return (context: AdapterContext): Search => {
        const reranker = container.get<RerankPort>(RERANK, { name: rerank.reranker });
        const { retrieval, ...search } = create(context);
        return { ...search, retrieval: new RerankedRetrieval(retrieval, reranker, rerank) };
      };
    };
    return { ...entry, load };
  }

  async function bindAll<Made>(
    token: symbol,
    entries: readonly AdapterEntry<Made>[],
    close: (made: Made) => Promise<void>,
    wrap: (made: Made) => Made = (made) => made,
  ): Promise<void> {
    const loaded = await Promise.all(entries.map(async ({ name, load }) => ({ name, create: await load() })));
    for (const { name, create } of loaded) {
      container
        .bind<Made>(token)
        .toDynamicValue(() => wrap(create(contextOf(name))))
        .inSingletonScope()
        .whenNamed(name)
        .onDeactivation(close);
    }
  }

  const { max_bytes: maxBytes } = config.embedding_cache;
  container
    .bind<EmbeddingStore>(EMBEDDING_STORE)
    .toDynamicValue(() => new EmbeddingStore({ file: join(config.dataDirectory, EMBEDDINGS), maxBytes }, log))
    .inSingletonScope()
    .onDeactivation((store) => store.close());

  /** What a learned embedder embeds changes with the corpus, so there is nothing to keep. */
  function cached(embedder: Embedder): Embedder {
    if (embedder.kind === "learned" || maxBytes === 0) return embedder;
    return new CachedEmbedding(embedder, container.get<EmbeddingStore>(EMBEDDING_STORE));
  }

  await Promise.all([
    bindAll<CompletionPort>(COMPLETION, config.models.filter(isComplete).map(metered), async (completion) =>
      completion.close?.(),
    ),
    bindAll<Embedder>(EMBEDDING, config.embedders.filter(isComplete), async (embedder) => embedder.close?.(), cached),
    bindAll<RerankPort>(RERANK, config.rerankers.filter(isComplete), async (reranker) => reranker.close?.()),
    bindAll<Search>(SEARCH, config.searches.filter(isComplete).map(withReranker), async ({ retrieval, corpus }) => {
      await Promise.all([retrieval.close?.(), corpus?.close?.()]);
    }),
  ]);
  return container;
}

function isComplete({ missing }: AdapterEntry<unknown>): boolean {
  return missing.length === 0;
}
