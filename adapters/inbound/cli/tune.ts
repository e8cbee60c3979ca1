import { chooseRanking, MIN_QUERIES, type RankingChoice, SIGNIFICANCE } from "../../../application/choose-ranking.ts";
import { compareReports } from "../../../application/compare-reports.ts";
import { generateQueries } from "../../../application/generated-queries.ts";
import { candidateRankings, type MeasuredRanking, measureRankings } from "../../../application/measure-rankings.ts";
import { SAMPLE_DOCUMENTS, sampleDocuments } from "../../../application/sample-documents.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { RankingInForce, TuningPort } from "../../../domain/ports/tuning-port.ts";
import { isSameRanking, nameOfRanking } from "../../../domain/ranking.ts";
import { chosen } from "./choose.ts";
import { comparisonJson, comparisonTable, probability } from "./comparison-table.ts";
import { type Progress, startProgress } from "./progress.ts";
import { inForceInWords } from "./rankings.ts";
import type { CommandRuntime, CommandServices } from "./runtime.ts";

export interface TuneOptions {
  readonly corpus?: string;
  /** Judged queries and their judgements; both or none. */
  readonly queries?: string;
  readonly qrels?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What was measured, and what it was measured with. */
interface Evidence {
  readonly measured: readonly MeasuredRanking[];
  readonly source: "judged" | "generated";
  /** In words, for the user. */
  readonly origin: string;
}

/** Measures rankings on the corpus's own documents, keeps the one that the measurement favours, and says why. */
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
    const evidence = await (queries === undefined || qrels === undefined
      ? fromOwnNames(runtime, services, corpus, progress)
      : fromJudgements(runtime, tuning, { queries, qrels }, progress)
    ).finally(() => progress.stop());
    const choice = chooseRanking(evidence.measured, tuning.defaultRanking);
    if (!dryRun) {
      const isDefault = isSameRanking(choice.ranking, tuning.defaultRanking);
      await tuning.tune(isDefault ? undefined : choice.ranking, runtime.signal);
    }
    const outcome = { corpus, evidence, choice, inForce: await tuning.rankingInForce(runtime.signal), dryRun };
    runtime.output.write(json ? `${JSON.stringify(asJson(outcome, tuning))}\n` : inWords(outcome, tuning));
  });
}

async function fromJudgements(
  { signal, readJudgedQueries }: CommandRuntime,
  tuning: TuningPort,
  { queries, qrels }: { readonly queries: string; readonly qrels: string },
  progress: Progress,
): Promise<Evidence> {
  const collection = await readJudgedQueries(queries, qrels);
  const measured = await measureRankings(tuning, candidateRankings(tuning), collection, signal, (share) =>
    progress.report(share, "asking"),
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
async function fromOwnNames(
  runtime: CommandRuntime,
  { adapters }: CommandServices,
  corpus: string,
  progress: Progress,
): Promise<Evidence> {
  const { signal } = runtime;
  const sample = await sampleDocuments(adapters.corpus(corpus), signal, (share) =>
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

interface Outcome {
  readonly corpus: string;
  readonly evidence: Evidence;
  readonly choice: RankingChoice;
  /** After the choice was kept. */
  readonly inForce: RankingInForce;
  readonly dryRun: boolean;
}

function comparisonOf({ measured }: Evidence, { defaultRanking }: TuningPort) {
  const reports = measured.map(({ ranking, report }) => ({ name: nameOfRanking(ranking), report }));
  return compareReports(reports, nameOfRanking(defaultRanking));
}

function asJson({ corpus, evidence, choice, inForce, dryRun }: Outcome, tuning: TuningPort) {
  return {
    corpus,
    source: evidence.source,
    chosen: nameOfRanking(choice.ranking),
    reason: choice.reason,
    best: nameOfRanking(choice.best),
    held_out: { difference: choice.heldOut.difference, p: choice.heldOut.pValue },
    kept: !dryRun,
    in_force: { ranking: nameOfRanking(inForce.ranking), source: inForce.source },
    comparison: comparisonJson(comparisonOf(evidence, tuning)),
  };
}

function inWords({ corpus, evidence, choice, inForce, dryRun }: Outcome, tuning: TuningPort): string {
  const fate = dryRun ? "Nothing was changed (--dry-run)." : "The corpus keeps this choice.";
  const config =
    inForce.source === "config"
      ? ` The config says \`mode\` or \`dense_weight\` itself, which goes before any choice: take them out to let the choice count.`
      : "";
  return [
    `${corpus}: measured with ${evidence.origin}.\n`,
    comparisonTable(comparisonOf(evidence, tuning), "columns"),
    `Chosen: ${nameOfRanking(choice.ranking)}. ${reasonOf(choice, tuning)}`,
    `${fate} In force: ${inForceInWords(inForce)}.${config}\n`,
  ].join("\n");
}

function reasonOf({ reason, best, heldOut }: RankingChoice, { defaultRanking }: TuningPort): string {
  const p = probability(heldOut.pValue);
  const held = `choosing by measurement gained ${heldOut.difference.toFixed(3)} of nDCG@10 on held-out queries (p ${p.startsWith("<") ? p : `= ${p}`})`;
  const [winner, usual] = [nameOfRanking(best), nameOfRanking(defaultRanking)];
  const reasons: Readonly<Record<RankingChoice["reason"], string>> = {
    better: `Against the default, ${usual}, ${held}.`,
    "default-best": "The default is the best, or as good as the best.",
    "not-significant": `The default stays: ${winner} looks best, but ${held}, and p < ${SIGNIFICANCE} is wanted.`,
    "too-few-queries": `The default stays: a choice wants at least ${MIN_QUERIES} queries.`,
  };
  return reasons[reason];
}
