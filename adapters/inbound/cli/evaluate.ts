import { type EvaluationReport, evaluateRetrieval } from "../../../application/evaluate-retrieval.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { chosen } from "./choose.ts";
import { compareSearches } from "./compare.ts";
import { ingestCollection } from "./ingest-collection.ts";
import { startProgress } from "./progress.ts";
import { type AskedRanking, inForceInWords } from "./rankings.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface EvaluateOptions {
  readonly collection: string;
  /** Several are compared. */
  readonly search?: readonly string[];
  /** Rankings to compare; "candidates" are Pharos' own choice of them. */
  readonly compare?: readonly AskedRanking[] | "candidates" | undefined;
  readonly markdown?: boolean;
  readonly json?: boolean;
}

/** Share of the bar that reading the collection takes; asking has the rest. */
const INGEST_SHARE = 0.6;

/** Reads a judged collection into an empty corpus of its own, asks every judged query, and prints the measures. */
export async function evaluate(runtime: CommandRuntime, options: EvaluateOptions): Promise<void> {
  const { compare, markdown = false, json = false, search: names = [], collection } = options;
  if (compare !== undefined || names.length > 1) {
    await compareSearches(runtime, { collection, names, compare, markdown, json });
    return;
  }
  if (markdown) throw new ServiceError("invalid-request", "--markdown prints a comparison: add --compare.");
  await evaluateOne(runtime, options);
}

async function evaluateOne(runtime: CommandRuntime, options: EvaluateOptions): Promise<void> {
  await runtime.withServices("temporary-data", async (services) => {
    const { adapters } = services;
    const search = chosen(options.search?.[0], adapters.corpora, "search that keeps documents");
    const collection = await runtime.readCollection(options.collection);
    const progress = startProgress(runtime);
    try {
      await ingestCollection(runtime, services, collection, search, (share, stage) => {
        progress.report(share * INGEST_SHARE, stage);
      });
      const report = await evaluateRetrieval(adapters.retrieval(search), collection, runtime.signal, (share) => {
        progress.report(INGEST_SHARE + share * (1 - INGEST_SHARE), "asking");
      });
      progress.stop();
      const inForce = await adapters.tuning(search)?.rankingInForce(runtime.signal);
      const words = inForce === undefined ? "" : `${"ranking".padEnd(14)}${inForceInWords(inForce)}\n`;
      runtime.output.write(
        options.json ? `${JSON.stringify(measures(search, report))}\n` : `${readable(search, report)}${words}`,
      );
    } finally {
      progress.stop();
    }
  });
}

function measures(search: string, { queries, mean }: EvaluationReport) {
  return {
    search,
    queries: queries.length,
    "ndcg@10": mean.ndcgAt10,
    "recall@10": mean.recallAt10,
    "recall@100": mean.recallAt100,
    mrr: mean.reciprocalRank,
    ms_per_query: mean.milliseconds,
  };
}

function readable(search: string, report: EvaluationReport): string {
  const rows = Object.entries(measures(search, report)).map(([name, value]) => {
    const text = typeof value === "number" && name !== "queries" ? value.toFixed(4) : String(value);
    return `${name.padEnd(14)}${text}`;
  });
  return `${rows.join("\n")}\n`;
}
