import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Retrieval, RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import type { RankingInForce, TuningPort } from "../../../domain/ports/tuning-port.ts";
import type { Ranking } from "../../../domain/ranking.ts";
import type { RelevanceFloor } from "../../../domain/relevance.ts";
import { DEFAULT_RANKING } from "./engine/fusion.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { FaissRetrieval } from "./retrieval.ts";

/** The ranking of a corpus, kept in its own record. */
export class FaissTuning implements TuningPort {
  readonly defaultRanking = DEFAULT_RANKING;
  private readonly engine: EngineProcess;
  private readonly retrieval: FaissRetrieval;
  private readonly configured: Ranking | undefined;

  constructor(engine: EngineProcess, retrieval: FaissRetrieval, configured: Ranking | undefined) {
    this.engine = engine;
    this.retrieval = retrieval;
    this.configured = configured;
  }

  async retrieveRanked(ranking: Ranking, request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    checkWeight(ranking);
    return this.retrieval.retrieveRanked(ranking, request, signal);
  }

  async rankingInForce(signal: AbortSignal): Promise<RankingInForce> {
    const tuned = await this.engine.call("tuned", null, signal);
    const known = tuned === undefined ? {} : { tuned };
    if (this.configured !== undefined) return { ranking: this.configured, source: "config", ...known };
    return tuned === undefined
      ? { ranking: this.defaultRanking, source: "default" }
      : { ranking: tuned, source: "tuned", ...known };
  }

  async tune(ranking: Ranking | undefined, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (ranking !== undefined) checkWeight(ranking);
    await this.engine.call("tune", { ranking }, signal);
  }

  async calibrate(floor: RelevanceFloor | undefined, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (floor !== undefined) checkFloor(floor);
    await this.engine.call("calibrate", { floor }, signal);
  }
}

function checkFloor(floor: RelevanceFloor): void {
  const problems = Object.entries(floor)
    .filter(([, value]) => !(value >= 0 && value <= 1))
    .map(([field, value]) => ({ field, message: `must be a number from 0 to 1, is ${value}` }));
  if (problems.length > 0) throw new ServiceError("invalid-request", "This is no relevance.", { problems });
}

function checkWeight({ denseWeight }: Ranking): void {
  if (denseWeight >= 0 && denseWeight <= 1) return;
  const message = `must be a number from 0 to 1, is ${denseWeight}`;
  throw new ServiceError("invalid-request", "This ranking cannot be followed.", {
    problems: [{ field: "denseWeight", message }],
  });
}
