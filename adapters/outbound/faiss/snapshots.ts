import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { CorpusPort } from "../../../domain/ports/corpus-port.ts";
import type { Snapshot, SnapshotCheck, SnapshotPort } from "../../../domain/ports/snapshot-port.ts";
import { contentOf } from "./engine/content.ts";
import type { EmbedderIdentity } from "./engine/protocol.ts";
import type { EngineProcess } from "./engine-process.ts";
import { refuseExisting } from "./snapshot/destination.ts";
import { runSnapshotTask, SnapshotProcessDied } from "./snapshot-process.ts";

export interface FaissSnapshotsParts {
  /** Folder of the corpus. */
  readonly directory: string;
  /** Version of Pharos, for the manifest. */
  readonly version: string;
  readonly embedder: EmbedderIdentity;
  readonly corpus: Pick<CorpusPort, "settle">;
  readonly engine: EngineProcess;
}

/** Share of the work that settling is, before files are written. */
const SETTLE_SHARE = 0.7;
const ABANDONED_AFTER_MS = 3_600_000;

/** Snapshots of one corpus: its SQLite record and index files, with a manifest. The work is done in a process of its own. */
export class FaissSnapshots implements SnapshotPort {
  private readonly parts: FaissSnapshotsParts;

  constructor(parts: FaissSnapshotsParts) {
    this.parts = parts;
  }

  async create(
    path: string,
    signal: AbortSignal,
    onProgress: (share: number) => void = () => undefined,
  ): Promise<Snapshot> {
    throwIfAborted(signal);
    const directory = resolve(path);
    refuseExisting(directory);
    await this.parts.corpus.settle(signal, (share) => onProgress(share * SETTLE_SHARE));
    await mkdir(dirname(directory), { recursive: true }).catch((error) => {
      throw unwritable(directory, error);
    });
    await removeAbandoned(directory);
    const temporary = join(dirname(directory), `${temporaryStart(directory)}${randomUUID()}`);
    const { directory: corpus, version } = this.parts;
    const task = { corpus, corpusName: basename(corpus), version, directory, temporary };
    try {
      const snapshot = await runSnapshotTask("create", task, signal);
      onProgress(1);
      return snapshot;
    } catch (error) {
      throw asFailure(error);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  async restore(path: string, signal: AbortSignal): Promise<Snapshot> {
    throwIfAborted(signal);
    const { directory: corpus, embedder, engine } = this.parts;
    const content = `content-${randomUUID()}`;
    try {
      const task = { directory: resolve(path), corpus, content, embedder };
      const snapshot = await runSnapshotTask("restore", task, signal);
      // Answered by a process that has the new content open; one that failed to open the former may still be awaited.
      await engine.call("describe", null, signal).catch(() => engine.call("describe", null, signal));
      return snapshot;
    } catch (error) {
      const { isCurrent, directory } = contentOf(corpus, content);
      if (!isCurrent()) await rm(directory, { recursive: true, force: true });
      throw asFailure(error);
    }
  }
}

/** Checks the snapshot without any corpus. @throws ServiceError not-found, storage-failed, timeout, cancelled */
export async function verifySnapshot(path: string, signal: AbortSignal): Promise<SnapshotCheck> {
  const directory = resolve(path);
  try {
    return await runSnapshotTask("verify", { directory }, signal);
  } catch (error) {
    if (!(error instanceof SnapshotProcessDied)) throw error;
    const problem = { field: basename(directory), message: `cannot be checked: the check was ${error.message}` };
    return { problems: [problem], files: [] };
  }
}

/** What a process that was killed while it made a snapshot of this name has left behind. */
async function removeAbandoned(directory: string): Promise<void> {
  const parent = dirname(directory);
  const names = (await readdir(parent)).filter((name) => name.startsWith(temporaryStart(directory)));
  for (const path of names.map((name) => join(parent, name))) {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}

function temporaryStart(directory: string): string {
  return `.${basename(directory)}.incomplete-`;
}

function unwritable(directory: string, error: unknown): ServiceError {
  const why = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return new ServiceError("storage-failed", `The snapshot cannot be written to ${directory} (${why}).`, {
    cause: error,
  });
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof SnapshotProcessDied)) return error;
  return new ServiceError("storage-failed", "The process that worked on the snapshot died.", { cause: error });
}
