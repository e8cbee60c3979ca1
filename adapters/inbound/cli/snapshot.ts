import type { Snapshot } from "../../../domain/ports/snapshot-port.ts";
import { chosen } from "./choose.ts";
import { startProgress } from "./progress.ts";
import type { CommandRuntime } from "./runtime.ts";

export interface SnapshotOptions {
  readonly corpus?: string;
  readonly json?: boolean;
}

/** Writes a snapshot and says what it holds. */
export async function createSnapshot(
  runtime: CommandRuntime,
  directory: string,
  options: SnapshotOptions,
): Promise<void> {
  await runtime.withServices("configured-data", async ({ adapters }) => {
    const corpus = chosen(options.corpus, adapters.corpora, "search that keeps documents");
    const snapshots = adapters.snapshots(corpus);
    const progress = startProgress(runtime);
    const made = await snapshots
      .create(directory, runtime.signal, (share) => progress.report(share, "copying"))
      .finally(() => progress.stop());
    tell(
      runtime,
      `${corpus} was written to ${directory}`,
      { corpus, directory, snapshot: representation(made) },
      made,
      options,
    );
  });
}

/** Replaces the corpus by the snapshot and says what it holds now. */
export async function restoreSnapshot(
  runtime: CommandRuntime,
  directory: string,
  options: SnapshotOptions,
): Promise<void> {
  await runtime.withServices("configured-data", async ({ adapters }) => {
    const corpus = chosen(options.corpus, adapters.corpora, "search that keeps documents");
    const snapshots = adapters.snapshots(corpus);
    const restored = await snapshots.restore(directory, runtime.signal);
    const { generation } = await adapters.corpus(corpus).describe(runtime.signal);
    const json = { corpus, directory, generation, snapshot: representation(restored) };
    tell(runtime, `${corpus} was restored from ${directory}`, json, restored, options);
  });
}

/** Prints every problem, one a line; the command has failed where there is one. */
export async function verifySnapshot(
  runtime: CommandRuntime,
  directory: string,
  options: Pick<SnapshotOptions, "json">,
): Promise<void> {
  const { snapshot, problems } = await runtime.verifySnapshot(directory);
  if (problems.length > 0) runtime.fail();
  if (options.json) {
    const json = {
      directory,
      whole: problems.length === 0,
      problems: problems.map(({ field, message }) => ({ file: field, message })),
      ...(snapshot === undefined ? {} : { snapshot: representation(snapshot) }),
    };
    runtime.output.write(`${JSON.stringify(json)}\n`);
    return;
  }
  for (const { field, message } of problems) runtime.output.write(`${field}: ${message}\n`);
  if (snapshot !== undefined && problems.length === 0) {
    runtime.output.write(`${directory} is whole: ${contents(snapshot)}\n`);
  }
}

function tell(
  { output }: CommandRuntime,
  done: string,
  json: unknown,
  snapshot: Snapshot,
  { json: asJson }: SnapshotOptions,
): void {
  output.write(asJson ? `${JSON.stringify(json)}\n` : `${done}: ${contents(snapshot)}\n`);
}

function contents({ generation, documents, passages, vectors, embedder, bytes }: Snapshot): string {
  const made = embedder === undefined ? "" : ` of ${embedder.name} (${embedder.dimensions} dimensions)`;
  return `generation ${generation}, ${documents} documents, ${passages} passages, ${vectors} vectors${made}, ${bytes} bytes`;
}

/** In the manifest's words. */
function representation({ createdAt, embedder, ...rest }: Snapshot) {
  return { created_at: createdAt, ...rest, embedder: embedder ?? null };
}
