import { join } from "node:path";
import { Container } from "inversify";
import { RerankedRetrieval } from "../../application/reranked-retrieval.ts";
import type { Log } from "../../domain/log.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import type { RerankPort } from "../../domain/ports/rerank-port.ts";
import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";
import project from "../../package.json" with { type: "json" };
import type { Config } from "../config/load.ts";
import type { AdapterEntry, ModelEntry, SearchEntry } from "../config/prepared-entries.ts";
import { CachedEmbedding } from "../embedding-cache/cached-embedding.ts";
import { EmbeddingStore } from "../embedding-cache/embedding-store.ts";
import { MeteredCompletion } from "../metering/metered-completion.ts";
import type { UsageRecorder } from "../metering/usage-recorder.ts";
import type { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import type { ModelTargets } from "../resilience/route.ts";
import { FollowedSearch } from "../snapshots/followed-search.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { AdapterContext, Embedder, Search } from "./registry.ts";
import { fallbackChain, Resilience } from "./resilience.ts";
import { BREAKER, COMPLETION, EMBEDDING, EMBEDDING_STORE, FOLLOWED, RERANK, SEARCH, TARGETS } from "./tokens.ts";

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
  metrics: Metrics,
  usage: UsageRecorder,
  learnsUnasked = true,
): Promise<Container> {
  const container = new Container();
  const resilience = new Resilience(config.resilience, metrics);

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

  /** The entry of a search, so that what it makes ranks anew with the reranker that it names, and is given up where it fails. */
  function withWrappers(entry: SearchEntry): AdapterEntry<Search> {
    const { name, rerank, snapshot } = entry;
    const load = async () => {
      const create = await entry.load();
      return (context: AdapterContext): Search => {
        const { retrieval, ...search } = create(context);
        const ranked =
          rerank === undefined
            ? retrieval
            : new RerankedRetrieval(retrieval, container.get<RerankPort>(RERANK, { name: rerank.reranker }), rerank);
        const breaker = container.get<CircuitBreaker>(BREAKER, { name });
        const made = { ...search, retrieval: resilience.retrieval(entry, ranked, breaker) };
        return snapshot === undefined ? made : container.get<FollowedSearch>(FOLLOWED, { name }).guard(made);
      };
    };
    return { ...entry, load };
  }

  /** Code and SDKs are loaded now; each target's port is made when it is first asked for, and closed where it was. */
  async function bindModel({ name, targets }: ModelEntry): Promise<void> {
    const loaded = await Promise.all(
      targets.map(async (entry, index) => ({
        entry,
        index,
        create: isComplete(entry) ? await entry.load() : undefined,
      })),
    );
    const made = loaded.flatMap(({ entry, index, create }) =>
      create === undefined
        ? []
        : [
            resilience.target(
              name,
              index,
              entry,
              () => new MeteredCompletion(name, create(contextOf(name)), entry.price, usage),
            ),
          ],
    );
    container
      .bind<ModelTargets>(TARGETS)
      .toDynamicValue(() => ({ model: name, targets: made }))
      .inSingletonScope()
      .whenNamed(name)
      .onDeactivation(async () => {
        await Promise.all(made.map((target) => target.close()));
      });
    const [, ...fallbacks] = fallbackChain(name, config.models.filter(isComplete));
    const targetsOf = (model: string) => container.get<ModelTargets>(TARGETS, { name: model });
    container
      .bind<CompletionPort>(COMPLETION)
      .toDynamicValue(() => resilience.completion([targetsOf(name), ...fallbacks.map(targetsOf)]))
      .inSingletonScope()
      .whenNamed(name);
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

  for (const { name, snapshot } of config.searches) {
    if (snapshot !== undefined) {
      container
        .bind<FollowedSearch>(FOLLOWED)
        .toDynamicValue(() => new FollowedSearch(name))
        .inSingletonScope()
        .whenNamed(name);
    }
    container
      .bind<CircuitBreaker>(BREAKER)
      .toDynamicValue(() => resilience.breaker())
      .inSingletonScope()
      .whenNamed(name);
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
    ...config.models.filter(isComplete).map(bindModel),
    bindAll<Embedder>(EMBEDDING, config.embedders.filter(isComplete), async (embedder) => embedder.close?.(), cached),
    bindAll<RerankPort>(RERANK, config.rerankers.filter(isComplete), async (reranker) => reranker.close?.()),
    bindAll<Search>(SEARCH, config.searches.filter(isComplete).map(withWrappers), async ({ retrieval, corpus }) => {
      await Promise.all([retrieval.close?.(), corpus?.close?.()]);
    }),
  ]);
  return container;
}

function isComplete({ missing }: { readonly missing: readonly string[] }): boolean {
  return missing.length === 0;
}
