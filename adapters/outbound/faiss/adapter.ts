import type { Log } from "../../../domain/log.ts";
import type { EmbeddingPort, LearnedEmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import { FaissCorpus } from "./corpus.ts";
import type { EmbedderIdentity } from "./engine/protocol.ts";
import { EngineProcess } from "./engine-process.ts";
import { Maintenance } from "./maintenance.ts";
import { configuredRanking, type FaissOptions } from "./options.ts";
import { FaissRetrieval } from "./retrieval.ts";
import { FaissSnapshots } from "./snapshots.ts";
import { Spaces } from "./spaces.ts";
import { FaissTuning } from "./tuning.ts";

export interface FaissContext {
  /** Folder of the corpus; made where it is not there. */
  readonly directory: string;
  readonly log: Log;
  /** Whether a space is learned before `settle` asks for it, once puts have come to rest. Default: true. */
  readonly learnsUnasked?: boolean;
  /** Version of Pharos. */
  readonly version: string;
  /** The embedder of this name in the config. */
  embedder(name: string): EmbeddingPort | LearnedEmbeddingPort;
}

/** All sides of one corpus, and the process behind them. */
export interface FaissSearch {
  readonly retrieval: FaissRetrieval;
  readonly corpus: FaissCorpus;
  readonly tuning: FaissTuning;
  readonly snapshots: FaissSnapshots;
  readonly engine: EngineProcess;
}

/** Starts the engine at once; closing either side ends it for both. */
export function createSearch(options: FaissOptions, context: FaissContext): FaissSearch {
  const { directory, log, version, learnsUnasked = true, embedder: find } = context;
  const embedder = find(options.embedder);
  const settings = {
    directory,
    embedder: identityOf(embedder),
    flatBelow: options.flat_below,
    retireAfterSearches: options.retire_after_searches ?? Number.POSITIVE_INFINITY,
  };
  const engine = new EngineProcess(settings, log);
  const spaces = new Spaces(embedder, engine);
  const maintenance = new Maintenance(engine, spaces, log);
  engine.listen({ opened: (space) => spaces.search(space), due: () => learnsUnasked && maintenance.due() });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= maintenance.close().then(() => Promise.all([spaces.close(), engine.close()]).then(() => undefined));
    return closed;
  };
  const configured = configuredRanking(options);
  const retrieval = new FaissRetrieval({ engine, spaces, configured, close });
  const corpus = new FaissCorpus({ engine, spaces, maintenance, close });
  return {
    retrieval,
    corpus,
    tuning: new FaissTuning(engine, retrieval, configured),
    snapshots: new FaissSnapshots({ directory, version, embedder: settings.embedder, corpus, engine }),
    engine,
  };
}

function identityOf(embedder: EmbeddingPort | LearnedEmbeddingPort): EmbedderIdentity {
  const { kind, name } = embedder;
  return kind === "fixed" ? { kind, name, dimensions: embedder.dimensions } : { kind, name };
}
