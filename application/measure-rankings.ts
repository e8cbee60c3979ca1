import type { RetrievalPort } from "../domain/ports/retrieval-port.ts";
import type { TuningPort } from "../domain/ports/tuning-port.ts";
import { isSameRanking, type Ranking } from "../domain/ranking.ts";
import { type EvaluationReport, evaluateTogether, type TestCollection } from "./evaluate-retrieval.ts";

export interface MeasuredRanking {
  readonly ranking: Ranking;
  readonly report: EvaluationReport;
}

const DENSE_WEIGHTS = [0.1, 0.25, 0.4, 0.5, 0.7];

/** The rankings that are worth a comparison: sparse, dense, fused with several weights, the default among them. */
export function candidateRankings({ defaultRanking }: TuningPort): readonly Ranking[] {
  const { denseWeight } = defaultRanking;
  const weights = [...new Set([...DENSE_WEIGHTS, denseWeight])].sort((one, other) => one - other);
  return [
    { mode: "sparse", denseWeight },
    { mode: "dense", denseWeight },
    ...weights.map((weight): Ranking => ({ mode: "fused", denseWeight: weight })),
  ];
}

/**
 * Asks every judged query of the collection under each ranking; reports in the rankings' order, alike ones once. `onProgress` gets
 * the share that is done, in [0, 1], never falling. @throws ServiceError whatever the search throws, timeout, cancelled
 */
export async function measureRankings(
  tuning: TuningPort,
  rankings: readonly Ranking[],
  collection: TestCollection,
  signal: AbortSignal,
  onProgress: (share: number) => void = () => {},
): Promise<readonly MeasuredRanking[]> {
  const distinct = rankings.filter(
    (ranking, index) => rankings.findIndex((other) => isSameRanking(other, ranking)) === index,
  );
  const retrievals = distinct.map(
    (ranking): RetrievalPort => ({ retrieve: (request, abort) => tuning.retrieveRanked(ranking, request, abort) }),
  );
  const reports = await evaluateTogether(retrievals, collection, signal, onProgress);
  return distinct.flatMap((ranking, index) => {
    const report = reports[index];
    return report === undefined ? [] : [{ ranking, report }];
  });
}
