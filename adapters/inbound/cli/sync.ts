import type { PlannedChange, SyncReport } from "../../../application/sync-documents.ts";
import { chosen } from "./choose.ts";
import { startProgress } from "./progress.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface SyncOptions {
  readonly corpus?: string;
  readonly dryRun?: boolean;
  readonly allowEmpty?: boolean;
  readonly json?: boolean;
}

/** Share of the bar that reading and storing take; the index has the rest. */
const STORE_SHARE = 0.5;
const SIGNS: Readonly<Record<PlannedChange["kind"], string>> = { added: "+", replaced: "~", removed: "-" };

/** Makes a corpus mirror the paths, or says what that would change; failures are told as `ingest` tells them. */
export async function sync(runtime: CommandRuntime, paths: readonly string[], options: SyncOptions): Promise<void> {
  await runtime.withServices("configured-data", async ({ adapters, syncDocuments }) => {
    const corpus = chosen(options.corpus, adapters.corpora, "search that keeps documents");
    const { dryRun = false, allowEmpty = false, json = false } = options;
    const bar = startProgress(runtime);
    const changes: PlannedChange[] = [];
    const report = await syncDocuments
      .sync({ corpus, paths, dryRun, allowEmpty }, runtime.signal, {
        progress: ({ stage, share, documents }) =>
          stage === "store"
            ? bar.report(share * STORE_SHARE, "reading", `${documents} documents`)
            : bar.report(STORE_SHARE + share * (1 - STORE_SHARE), "indexing", `${documents} documents`),
        planned: (change) => changes.push(change),
      })
      .finally(() => bar.stop());
    for (const { source, reason } of report.failures) runtime.progress.write(`${source}: ${reason}\n`);
    if (report.failed > 0) runtime.fail();
    const { failures: _, ...counts } = report;
    if (json) runtime.output.write(`${JSON.stringify({ corpus, ...counts, ...(dryRun ? { changes } : {}) })}\n`);
    else runtime.output.write(readable(corpus, report, changes, dryRun));
  });
}

function readable(corpus: string, report: SyncReport, changes: readonly PlannedChange[], dryRun: boolean): string {
  const { added, replaced, unchanged, removed, failed } = report;
  const counts = `${added} added, ${replaced} replaced, ${unchanged} unchanged, ${removed} removed, ${failed} failed`;
  const lines = changes.map(({ kind, id }) => `${SIGNS[kind]} ${id}\n`).join("");
  return `${lines}${corpus}: ${counts}${dryRun ? " (dry run: nothing was done)" : ""}\n`;
}
