import { compareReports, type NamedReport } from "../../../application/compare-reports.ts";
import { evaluateRetrieval } from "../../../application/evaluate-retrieval.ts";
import { candidateRankings, measureRankings } from "../../../application/measure-rankings.ts";
import type { TuningPort } from "../../../domain/ports/tuning-port.ts";
import { nameOfRanking } from "../../../domain/ranking.ts";
import { chosen } from "./choose.ts";
import { comparisonJson, comparisonTable } from "./comparison-table.ts";
import { ingestCollection } from "./ingest-collection.ts";
import { type Progress, startProgress } from "./progress.ts";
import { type AskedRanking, inForceInWords } from "./rankings.ts";
import type { CollectionOnDisk, CommandRuntime, CommandServices } from "./runtime.ts";

export interface CompareOptions {
  readonly collection: string;
  /** Searches; the first that keeps documents where there is none. */
  readonly names: readonly string[];
  /** Rankings of each search that lets its ranking be chosen; as it is configured where undefined. */
  readonly compare: readonly AskedRanking[] | "candidates" | undefined;
  readonly markdown: boolean;
  readonly json: boolean;
}

/** Share of a search's part of the bar that reading the collection takes. */
const INGEST_SHARE = 0.4;

/**
 * Reads a judged collection once into an empty corpus of each search, asks every judged query under each ranking, and prints
 * how they differ from BM25 alone where that is among them, else from the first.
 */
export async function compareSearches(runtime: CommandRuntime, options: CompareOptions): Promise<void> {
  await runtime.withServices("temporary-data", async (services) => {
    const { adapters } = services;
    const names = [
      ...new Set([chosen(options.names[0], adapters.corpora, "search that keeps documents"), ...options.names]),
    ];
    const collection = await runtime.readCollection(options.collection);
    const progress = startProgress(runtime);
    const reports: NamedReport[] = [];
    const notes: string[] = [];
    try {
      for (const [index, search] of names.entries()) {
        const part: Progress = {
          report: (share, stage) => progress.report((index + share) / names.length, stage, search),
          stop() {},
        };
        const measured = await measure(runtime, services, { search, collection, compare: options.compare, part });
        reports.push(...measured.map(({ name, report }) => ({ name: fullName(names, search, name), report })));
        const inForce = await adapters.tuning(search)?.rankingInForce(runtime.signal);
        if (inForce !== undefined) notes.push(`Untuned, ${search} ranks by ${inForceInWords(inForce)}.`);
      }
    } finally {
      progress.stop();
    }
    const baseline = reports.find(({ name }) => /(?:^|: )sparse$/u.test(name)) ?? reports[0];
    const comparison = compareReports(reports, baseline?.name ?? "");
    if (options.json) runtime.output.write(`${JSON.stringify(comparisonJson(comparison))}\n`);
    else if (options.markdown) runtime.output.write(comparisonTable(comparison, "markdown"));
    else runtime.output.write(`${comparisonTable(comparison, "columns")}\n${notes.join("\n")}\n`);
  });
}

interface Measurement {
  readonly search: string;
  readonly collection: CollectionOnDisk;
  readonly compare: CompareOptions["compare"];
  readonly part: Progress;
}

/** One report a ranking, named for it; one without a name where the search is asked as it is configured. */
async function measure(
  runtime: CommandRuntime,
  services: CommandServices,
  { search, collection, compare, part }: Measurement,
): Promise<readonly NamedReport[]> {
  const { signal } = runtime;
  const { adapters } = services;
  await ingestCollection(runtime, services, collection, search, (share, stage) => {
    part.report(share * INGEST_SHARE, stage);
  });
  const asking = (share: number) => part.report(INGEST_SHARE + share * (1 - INGEST_SHARE), "asking");
  const tuning = adapters.tuning(search);
  if (tuning === undefined || compare === undefined) {
    return [{ name: "", report: await evaluateRetrieval(adapters.retrieval(search), collection, signal, asking) }];
  }
  const measured = await measureRankings(tuning, rankingsOf(tuning, compare), collection, signal, asking);
  return measured.map(({ ranking, report }) => ({ name: nameOfRanking(ranking), report }));
}

function rankingsOf(tuning: TuningPort, compare: readonly AskedRanking[] | "candidates") {
  if (compare === "candidates") return candidateRankings(tuning);
  const { denseWeight } = tuning.defaultRanking;
  return compare.map((asked) => ({ denseWeight, ...asked }));
}

function fullName(searches: readonly string[], search: string, ranking: string): string {
  if (ranking === "") return search;
  return searches.length === 1 ? ranking : `${search}: ${ranking}`;
}
