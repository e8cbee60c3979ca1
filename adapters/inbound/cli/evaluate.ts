import { type EvaluationReport, evaluateRetrieval } from "../../../application/evaluate-retrieval.ts";
import type { FieldMapping } from "../../../domain/field-mapping.ts";
import { chosen } from "./choose.ts";
import { startProgress } from "./progress.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface EvaluateOptions {
  readonly collection: string;
  readonly search?: string;
  readonly json?: boolean;
}

/** Share of the bar that reading the collection takes; asking has the rest. */
const INGEST_SHARE = 0.6;
/** A collection's layout is its own, whatever the config says of other files. */
const BEIR_FIELDS: FieldMapping = { id: "_id", title: "title", text: ["text"] };

/** Reads a judged collection into an empty corpus of its own, asks every judged query, and prints the measures. */
export async function evaluate(runtime: CommandRuntime, options: EvaluateOptions): Promise<void> {
  await runtime.withServices("temporary-data", async ({ adapters, documents }) => {
    const search = chosen(options.search, adapters.corpora, "search that keeps documents");
    const { corpusPath, ...collection } = await runtime.readCollection(options.collection);
    const progress = startProgress(runtime);
    try {
      await documents.ingest(
        { corpus: search, paths: [corpusPath], fields: BEIR_FIELDS },
        runtime.signal,
        ({ share, stage }) => {
          const done = stage === "store" ? share / 2 : (1 + share) / 2;
          progress.report(done * INGEST_SHARE, stage === "store" ? "reading" : "indexing");
        },
      );
      const report = await evaluateRetrieval(adapters.retrieval(search), collection, runtime.signal, (share) => {
        progress.report(INGEST_SHARE + share * (1 - INGEST_SHARE), "asking");
      });
      progress.stop();
      runtime.output.write(options.json ? `${JSON.stringify(measures(search, report))}\n` : readable(search, report));
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
