import type { FieldMapping } from "../../../domain/field-mapping.ts";
import { chosen } from "./choose.ts";
import { startProgress } from "./progress.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface IngestOptions {
  readonly corpus?: string;
  /** Goes before the config's, field by field. */
  readonly field?: FieldMapping;
  readonly json?: boolean;
}

/** Share of the bar that storing takes; the index has the rest. */
const STORE_SHARE = 0.5;

/** Reads the paths into a corpus; every failure is one line on the progress side, and the rest goes on. The command has then failed. */
export async function ingest(runtime: CommandRuntime, paths: readonly string[], options: IngestOptions): Promise<void> {
  await runtime.withServices("configured-data", async ({ adapters, documents }) => {
    const corpus = chosen(options.corpus, adapters.corpora, "search that keeps documents");
    const progress = startProgress(runtime);
    const { field: fields = {} } = options;
    const report = await documents
      .ingest({ corpus, paths, fields }, runtime.signal, ({ stage, share, documents: read }) => {
        if (stage === "store") progress.report(share * STORE_SHARE, "reading", `${read} documents`);
        else progress.report(STORE_SHARE + share * (1 - STORE_SHARE), "indexing", `${read} documents`);
      })
      .finally(() => progress.stop());
    for (const { source, reason } of report.failures) runtime.progress.write(`${source}: ${reason}\n`);
    const { added, replaced, unchanged, failed } = report;
    if (failed > 0) runtime.fail();
    if (options.json) runtime.output.write(`${JSON.stringify({ corpus, added, replaced, unchanged, failed })}\n`);
    else
      runtime.output.write(
        `${corpus}: ${added} added, ${replaced} replaced, ${unchanged} unchanged, ${failed} failed\n`,
      );
  });
}
