import type { Container } from "inversify";
import { type ErrorCode, ServiceError } from "../../domain/errors.ts";
import type { AdapterStatus, BreakerState, TargetStatus } from "../../domain/health.ts";
import type { AdapterFactory } from "../../domain/ports/adapter-factory.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import type { CorpusPort } from "../../domain/ports/corpus-port.ts";
import type { EmbeddingPort } from "../../domain/ports/embedding-port.ts";
import type { RetrievalPort } from "../../domain/ports/retrieval-port.ts";
import type { SnapshotPort } from "../../domain/ports/snapshot-port.ts";
import type { TuningPort } from "../../domain/ports/tuning-port.ts";
import type { Config } from "../config/load.ts";
import type { ModelEntry } from "../config/prepared-entries.ts";
import type { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import type { ModelTargets } from "../resilience/route.ts";
import type { FollowedSearch } from "../snapshots/followed-search.ts";
import type { Embedder, Search } from "./registry.ts";
import { BREAKER, COMPLETION, EMBEDDING, FOLLOWED, SEARCH, TARGETS } from "./tokens.ts";

/** The container behind the domain's factory: names in, ports out, and a clear word where a name leads to nothing. */
export class ConfiguredAdapters implements AdapterFactory {
  readonly models: readonly string[];
  readonly searches: readonly string[];
  private readonly container: Container;
  private readonly statuses: readonly AdapterStatus[];
  private readonly entries: readonly ModelEntry[];
  private readonly followedSearches: ReadonlySet<string>;
  /** Why each embedder cannot be asked; undefined where it can. */
  private readonly embedderReasons: ReadonlyMap<string, string | undefined>;

  constructor(config: Config, container: Container) {
    this.container = container;
    this.entries = config.models;
    this.followedSearches = new Set(config.searches.flatMap(({ name, snapshot }) => (snapshot ? [name] : [])));
    this.embedderReasons = new Map(config.embedders.map((entry) => [entry.name, reasonOf(entry)]));
    const rerankers = new Map(config.rerankers.map((entry) => [entry.name, reasonOf(entry)]));
    this.statuses = [
      ...config.models.map((entry) => statusOf("model", entry, reasonOf(entry))),
      ...config.searches.map((entry) => {
        const behind = this.embedderReasons.get(entry.embedder ?? "") ?? rerankers.get(entry.rerank?.reranker ?? "");
        return statusOf("search", entry, reasonOf(entry) ?? behind);
      }),
    ];
    this.models = this.available("model");
    this.searches = this.available("search");
  }

  get corpora(): readonly string[] {
    return this.searches.filter((name) => this.search(name).corpus !== undefined);
  }

  get embedders(): readonly string[] {
    const available = [...this.embedderReasons].filter(([, reason]) => reason === undefined).map(([name]) => name);
    return available.filter((name) => this.embedder(name).kind === "fixed");
  }

  /** Every model and search of the config, available or not, with the health of what is behind it. */
  status(): readonly AdapterStatus[] {
    return this.statuses.map((status) => {
      if (!status.available) return status;
      if (status.kind === "model") return { ...status, targets: this.targetsOf(status.name) };
      const { breaker, ...search } = { ...status, breaker: this.breakerOf(status.name) };
      if (!this.followedSearches.has(status.name)) return { ...search, breaker };
      const { isWaiting, status: snapshot } = this.followed(status.name);
      if (!isWaiting) return { ...search, breaker, snapshot };
      const why = snapshot.problem === undefined ? "is being fetched" : `cannot be fetched (${snapshot.problem})`;
      return { ...search, available: false, reason: `its published snapshot ${why}`, snapshot };
    });
  }

  /** What is behind a search whose config names a `snapshot`. */
  followed(search: string): FollowedSearch {
    this.search(search);
    return this.container.get<FollowedSearch>(FOLLOWED, { name: search });
  }

  /** As `corpus`, but one that follows a snapshot can be written to. @throws ServiceError as `corpus` */
  ownCorpus(name: string): CorpusPort {
    const guarded = this.corpus(name);
    return (this.followedSearches.has(name) ? this.followed(name).corpus : undefined) ?? guarded;
  }

  completion(model: string): CompletionPort {
    if (!this.models.includes(model)) throw this.unknown("model", model, "unsupported-model", "Unsupported model");
    return this.container.get<CompletionPort>(COMPLETION, { name: model });
  }

  retrieval(search: string): RetrievalPort {
    if (!this.searches.includes(search))
      throw this.unknown("search", search, "unsupported-vector-db", "Unsupported vector DB");
    return this.search(search).retrieval;
  }

  corpus(name: string): CorpusPort {
    if (!this.searches.includes(name)) throw this.unknown("search", name, "not-found", "There is no corpus");
    const { corpus } = this.search(name);
    if (corpus !== undefined) return corpus;
    throw new ServiceError(
      "corpus-read-only",
      `The documents behind ${name} are not kept by Pharos: it can only search them.`,
    );
  }

  embedding(name: string): EmbeddingPort {
    const reason = this.embedderReasons.get(name);
    if (reason !== undefined) {
      const supported = this.embedders;
      throw new ServiceError("not-configured", `The embedder ${name} is not configured: ${reason}.`, { supported });
    }
    if (!this.embedderReasons.has(name)) {
      throw new ServiceError("unsupported-model", `Unsupported embedder: ${name}`, { supported: this.embedders });
    }
    const embedder = this.embedder(name);
    if (embedder.kind === "fixed") return embedder;
    const message = "learns its space from each corpus that it serves, so it has no vectors to give without one";
    throw new ServiceError("invalid-request", `The embedder ${name} ${message}.`, {
      problems: [{ field: "model", message }],
      supported: this.embedders,
    });
  }

  tuning(name: string): TuningPort | undefined {
    if (!this.searches.includes(name)) throw this.unknown("search", name, "not-found", "There is no corpus");
    return this.search(name).tuning;
  }

  snapshots(corpus: string): SnapshotPort {
    if (!this.searches.includes(corpus)) throw this.unknown("search", corpus, "not-found", "There is no corpus");
    const { snapshots } = this.search(corpus);
    if (snapshots !== undefined) return snapshots;
    throw new ServiceError("corpus-read-only", `The search ${corpus} neither makes nor restores snapshots.`, {
      supported: this.searches.filter((name) => this.search(name).snapshots !== undefined),
    });
  }

  private embedder(name: string): Embedder {
    return this.container.get<Embedder>(EMBEDDING, { name });
  }

  private breakerOf(search: string): BreakerState {
    return this.container.get<CircuitBreaker>(BREAKER, { name: search }).state;
  }

  private targetsOf(model: string): readonly TargetStatus[] {
    const entries = this.entries.find(({ name }) => name === model)?.targets ?? [];
    const { targets } = this.container.get<ModelTargets>(TARGETS, { name: model });
    return entries.map((entry, place) => {
      const target = targets.find(({ index }) => index === place);
      const { adapter } = entry;
      if (target === undefined) return { adapter, inFlight: 0, reason: reasonOf(entry) ?? "" };
      return { adapter, breaker: target.breaker.state, inFlight: target.inFlight };
    });
  }

  private search(name: string): Search {
    return this.container.get<Search>(SEARCH, { name });
  }

  private available(kind: AdapterStatus["kind"]): readonly string[] {
    return this.statuses.filter((status) => status.kind === kind && status.available).map(({ name }) => name);
  }

  private unknown(kind: AdapterStatus["kind"], name: string, code: ErrorCode, text: string): ServiceError {
    const status = this.statuses.find((entry) => entry.kind === kind && entry.name === name);
    if (status === undefined) return new ServiceError(code, `${text}: ${name}`, { supported: this.available(kind) });
    return new ServiceError("not-configured", `The ${kind} ${name} is not configured: ${status.reason}.`, {
      supported: this.available(kind),
    });
  }
}

function reasonOf({ missing }: { readonly missing: readonly string[] }): string | undefined {
  if (missing.length === 0) return undefined;
  return missing.length === 1
    ? `the variable ${missing[0]} is not set`
    : `the variables ${missing.join(", ")} are not set`;
}

function statusOf(
  kind: AdapterStatus["kind"],
  { name }: { readonly name: string },
  reason: string | undefined,
): AdapterStatus {
  return reason === undefined ? { kind, name, available: true } : { kind, name, available: false, reason };
}
