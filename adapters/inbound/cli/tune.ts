import { chooseFloor } from "../../../application/choose-floor.ts";
import { chooseRanking } from "../../../application/choose-ranking.ts";
import { generateQueries } from "../../../application/generated-queries.ts";
import { candidateRankings, measureRankings } from "../../../application/measure-rankings.ts";
import { SAMPLE_DOCUMENTS, sampleDocuments } from "../../../application/sample-documents.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { TuningPort } from "../../../domain/ports/tuning-port.ts";
import { isSameRanking } from "../../../domain/ranking.ts";
import { chosen } from "./choose.ts";
import { type Progress, startProgress } from "./progress.ts";
import type { CommandRuntime, CommandServices } from "./runtime.ts";
import { type Evidence, outcomeInWords, outcomeJson } from "./tune-outcome.ts";

export interface TuneOptions {
  readonly corpus?: string;
  /** Judged queries and their judgements; both or none. */
  readonly queries?: string;
  readonly qrels?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/**
 * Measures rankings on the corpus's own documents, keeps the one that the measurement favours, and says why; keeps too the
 * relevance that questions with a known answer reach.
 */
export async function tune(runtime: CommandRuntime, options: TuneOptions): Promise<void> {
  const { queries, qrels, dryRun = false, json = false } = options;
  if ((queries === undefined) !== (qrels === undefined))
    throw new ServiceError("invalid-request", "--queries and --qrels belong together: give both, or neither.");
  await runtime.withServices("configured-data", async (services) => {
    const { adapters } = services;
    const corpus = chosen(options.corpus, adapters.corpora, "search that keeps documents");
    const tuning = adapters.tuning(corpus);
    if (tuning === undefined)
      throw new ServiceError("invalid-request", `The ranking of the search ${corpus} cannot be chosen.`);
    const progress = startProgress(runtime);
    const run: Run = { runtime, services, corpus, tuning, progress };
    const evidence = await (queries === undefined || qrels === undefined
      ? fromOwnNames(run)
      : fromJudgements(run, { queries, qrels })
    ).finally(() => progress.stop());
    const choice = chooseRanking(evidence.measured, tuning.defaultRanking);
    const chosenOne = evidence.measured.find(({ ranking }) => isSameRanking(ranking, choice.ranking));
    const floor = chooseFloor(chosenOne?.report.queries.map(({ relevance }) => relevance) ?? []);
    if (!dryRun) {
      const isDefault = isSameRanking(choice.ranking, tuning.defaultRanking);
      await tuning.tune(isDefault ? undefined : choice.ranking, runtime.signal);
      await tuning.calibrate(floor, runtime.signal);
    }
    const outcome = { corpus, evidence, choice, floor, inForce: await tuning.rankingInForce(runtime.signal), dryRun };
    runtime.output.write(json ? `${JSON.stringify(outcomeJson(outcome, tuning))}\n` : outcomeInWords(outcome, tuning));
  });
}

interface Run {
  readonly runtime: CommandRuntime;
  readonly services: CommandServices;
  readonly corpus: string;
  readonly tuning: TuningPort;
  readonly progress: Progress;
}

async function fromJudgements(
  { runtime, services, corpus, tuning, progress }: Run,
  { queries, qrels }: { readonly queries: string; readonly qrels: string },
): Promise<Evidence> {
  const { signal } = runtime;
  const collection = await runtime.readJudgedQueries(queries, qrels);
  await services.adapters.corpus(corpus).settle(signal, (share) => progress.report(share * 0.5, "indexing"));
  const measured = await measureRankings(tuning, candidateRankings(tuning), collection, signal, (share) =>
    progress.report(0.5 + share * 0.5, "asking"),
  );
  if (measured.every(({ report }) => report.mean.recallAt100 === 0)) {
    throw new ServiceError(
      "invalid-request",
      `No query found a document that ${qrels} calls relevant: its document ids must be ids of the corpus.`,
    );
  }
  return { measured, source: "judged", origin: `${measured[0]?.report.queries.length ?? 0} judged queries` };
}

/** Over a temporary corpus of the same search: the documents' names must not answer the queries that they are. */
async function fromOwnNames({ runtime, services, corpus, progress }: Run): Promise<Evidence> {
  const { signal } = runtime;
  const sample = await sampleDocuments(services.adapters.corpus(corpus), signal, (share) =>
    progress.report(share * 0.1, "reading"),
  );
  const collection = generateQueries(sample);
  const measured = await runtime.withServices("temporary-data", async (temporary) => {
    const tuning = temporary.adapters.tuning(corpus);
    if (tuning === undefined) throw new Error(`${corpus} has lost its tuning.`);
    progress.report(0.1, "indexing");
    await temporary.documents.putAll(corpus, collection.documents, signal);
    return measureRankings(tuning, candidateRankings(tuning), collection, signal, (share) =>
      progress.report(0.5 + share / 2, "asking"),
    );
  });
  const { length: documents } = collection.documents;
  const of = sample.length === SAMPLE_DOCUMENTS ? "a sample of " : "";
  const origin = `${collection.queries.length} queries generated from the titles and headings of ${of}${documents} documents, which were searched without them`;
  return { measured, source: "generated", origin };
}
