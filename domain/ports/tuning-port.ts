import type { Ranking } from "../ranking.ts";
import type { RelevanceFloor } from "../relevance.ts";
import type { Retrieval, RetrievalRequest } from "./retrieval-port.ts";

/** The ranking that a corpus's searches follow. */
export interface RankingInForce {
  readonly ranking: Ranking;
  /** `config` says it itself and goes before all else; `tuned` was kept for this corpus; `default` is the engine's. */
  readonly source: "config" | "tuned" | "default";
  /** What was kept for this corpus, in force or not; absent where nothing was. */
  readonly tuned?: Ranking;
}

/** A search engine whose ranking can be chosen for its corpus. */
export interface TuningPort {
  /** What is in force where nothing was chosen. */
  readonly defaultRanking: Ranking;

  /**
   * As RetrievalPort.retrieve, but under this ranking, whichever is in force.
   * @throws ServiceError what RetrievalPort.retrieve throws, and invalid-request for a weight outside [0, 1]
   */
  retrieveRanked(ranking: Ranking, request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval>;

  /** What the next search follows. @throws ServiceError storage-failed, overloaded, timeout, cancelled */
  rankingInForce(signal: AbortSignal): Promise<RankingInForce>;

  /**
   * Keeps the ranking for the corpus, or forgets what was kept where it is undefined. Durable when this returns, and
   * followed by the next search of every process that has the corpus open, unless the config says otherwise. Documents and
   * the corpus's generation stay as they are.
   * @throws ServiceError invalid-request (a weight outside [0, 1]), storage-failed, overloaded, timeout, cancelled
   */
  tune(ranking: Ranking | undefined, signal: AbortSignal): Promise<void>;

  /**
   * Keeps the relevance below which the corpus is taken to hold no answer, or forgets it where it is undefined; durable and
   * followed as a ranking is.
   * @throws ServiceError invalid-request (outside [0, 1]), storage-failed, overloaded, timeout, cancelled
   */
  calibrate(floor: RelevanceFloor | undefined, signal: AbortSignal): Promise<void>;
}
