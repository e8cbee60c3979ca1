import { throwIfAborted } from "../domain/errors.ts";
import type { RetrievalPort } from "../domain/ports/retrieval-port.ts";
import type { Relevance } from "../domain/relevance.ts";
import { type Judgements, ndcgAt, recallAt, reciprocalRank } from "./retrieval-metrics.ts";

/** Queries together with what is known to answer them. */
export interface TestCollection {
  readonly queries: readonly { readonly id: string; readonly text: string }[];
  /** Judgements by query id. A query without any is left out. */
  readonly judgements: ReadonlyMap<string, Judgements>;
}

/** How well a search did: the metrics in [0, 1], the time in milliseconds. */
export interface RetrievalQuality {
  readonly ndcgAt10: number;
  readonly recallAt10: number;
  readonly recallAt100: number;
  readonly reciprocalRank: number;
  readonly milliseconds: number;
}

interface QueryQuality extends RetrievalQuality {
  readonly id: string;
  /** Absent where the engine cannot tell. */
  readonly relevance?: Relevance;
}

export interface EvaluationReport {
  /** In the collection's order. */
  readonly queries: readonly QueryQuality[];
  /** Means over the queries; all 0 where there are none. */
  readonly mean: RetrievalQuality;
}

const PASSAGES_PER_QUERY = 100;
const NOTHING: RetrievalQuality = { ndcgAt10: 0, recallAt10: 0, recallAt100: 0, reciprocalRank: 0, milliseconds: 0 };

/**
 * Asks a search every query that has judgements, one after the other, and compares. A document ranks by its best passage
 * among the first 100, so that fewer than 100 documents may come. Every judged query counts, also one for which
 * nothing is relevant (0), and a document whose id equals the query's counts like any other, as in pytrec_eval.
 * `onProgress` gets the share that is done, in [0, 1], never falling.
 * @throws ServiceError whatever the search throws, timeout, cancelled
 */
export async function evaluateRetrieval(
  retrieval: RetrievalPort,
  { queries, judgements }: TestCollection,
  signal: AbortSignal,
  onProgress: (share: number) => void = () => {},
): Promise<EvaluationReport> {
  const [report] = await evaluateTogether([retrieval], { queries, judgements }, signal, onProgress);
  return report ?? { queries: [], mean: NOTHING };
}

/**
 * As evaluateRetrieval, several searches at once: each query is asked all of them, one after the other, before the next
 * query, so that whatever else the machine does falls on their times alike. Reports in the searches' order.
 */
export async function evaluateTogether(
  retrievals: readonly RetrievalPort[],
  { queries, judgements }: TestCollection,
  signal: AbortSignal,
  onProgress: (share: number) => void = () => {},
): Promise<readonly EvaluationReport[]> {
  const judged = queries.flatMap((query) => {
    const known = judgements.get(query.id);
    return known === undefined ? [] : [{ ...query, known }];
  });
  const results = retrievals.map((): QueryQuality[] => []);
  for (const [index, { id, text, known }] of judged.entries()) {
    for (const [position, retrieval] of retrievals.entries()) {
      throwIfAborted(signal);
      const started = performance.now();
      const { passages, relevance } = await retrieval.retrieve({ query: text, topK: PASSAGES_PER_QUERY }, signal);
      const milliseconds = performance.now() - started;
      const ranking = [...new Set(passages.map(({ documentId }) => documentId))];
      results[position]?.push({ id, ...qualityOf(ranking, known), milliseconds, ...(relevance && { relevance }) });
    }
    onProgress((index + 1) / judged.length);
  }
  return results.map((ofOne) => ({ queries: ofOne, mean: meanOf(ofOne) }));
}

function qualityOf(ranking: readonly string[], judgements: Judgements): Omit<RetrievalQuality, "milliseconds"> {
  return {
    ndcgAt10: ndcgAt(10, ranking, judgements),
    recallAt10: recallAt(10, ranking, judgements),
    recallAt100: recallAt(100, ranking, judgements),
    reciprocalRank: reciprocalRank(ranking, judgements),
  };
}

function meanOf(results: readonly RetrievalQuality[]): RetrievalQuality {
  if (results.length === 0) return NOTHING;
  const mean = (metric: keyof RetrievalQuality) =>
    results.reduce((sum, result) => sum + result[metric], 0) / results.length;
  return {
    ndcgAt10: mean("ndcgAt10"),
    recallAt10: mean("recallAt10"),
    recallAt100: mean("recallAt100"),
    reciprocalRank: mean("reciprocalRank"),
    milliseconds: mean("milliseconds"),
  };
}
