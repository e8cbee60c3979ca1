import type { SourceDocument } from "../domain/document.ts";
import { ServiceError, throwIfAborted } from "../domain/errors.ts";
import type { AdapterFactory } from "../domain/ports/adapter-factory.ts";
import type { ChunkedDocument, CorpusPort, PutReport } from "../domain/ports/corpus-port.ts";
import type { DocumentReaderPort } from "../domain/ports/document-reader-port.ts";
import type { TokenizerPort } from "../domain/ports/tokenizer-port.ts";
import { readyToPut } from "./chunking/ready-to-put.ts";
import type { ChunkSettings } from "./chunking/token-pieces.ts";
import type { IngestProgress } from "./ingest-documents.ts";
import { type IngestReport, IngestRun, type PutTarget } from "./ingest-run.ts";
import { MirroredRoot } from "./mirrored-root.ts";

export interface SyncRequest {
  /** Name of a corpus in the config. */
  readonly corpus: string;
  /** Folders, or single files; at least one. */
  readonly paths: readonly string[];
  /** Whether a root that is not there, or holds no document any more, may lose all its documents. Default: false. */
  readonly allowEmpty?: boolean;
  /** Whether nothing is to be written: the report says what would be done. Default: false. */
  readonly dryRun?: boolean;
}

export interface SyncReport extends IngestReport {
  /** Documents whose file is gone, or does not hold them any more. */
  readonly removed: number;
}

/** What would be done with one document. */
export interface PlannedChange {
  readonly kind: "added" | "replaced" | "removed";
  readonly id: string;
}

/** What is told of a run while it goes on. */
export interface SyncListener {
  progress?(progress: IngestProgress): void;
  /** Of a dry run alone. */
  planned?(change: PlannedChange): void;
}

/** Ids that one removal names. */
const REMOVED_AT_ONCE = 1_000;

/** Makes a corpus hold what folders hold. */
export class SyncDocuments {
  private readonly adapters: AdapterFactory;
  private readonly reader: DocumentReaderPort;
  private readonly tokenizer: TokenizerPort;
  private readonly settings: ChunkSettings;

  constructor(adapters: AdapterFactory, reader: DocumentReaderPort, tokenizer: TokenizerPort, settings: ChunkSettings) {
    this.adapters = adapters;
    this.reader = reader;
    this.tokenizer = tokenizer;
    this.settings = settings;
  }

  /**
   * Puts the documents of the paths as an ingestion does, and then removes those that were read from the same roots before
   * and are not there any more. Documents of a file that cannot be read now stay, and so does everything that was put
   * otherwise or read from another root. Where it throws, is cancelled or dies, the next run completes it.
   * @throws ServiceError not-found (a path, the corpus), invalid-request (a root without any document, which would lose all
   * that it had), corpus-read-only, not-configured, and what CorpusPort's methods throw but for one document's fault
   */
  async sync(request: SyncRequest, signal: AbortSignal, listener: SyncListener = {}): Promise<SyncReport> {
    const port = this.adapters.corpus(request.corpus);
    const roots = await this.rootsOf(request, signal);
    const target = request.dryRun === true ? rehearsal(port, listener) : port;
    const run = new IngestRun(target, (document) => this.chunked(document, signal), signal);
    const report = (stage: IngestProgress["stage"], share: number) =>
      listener.progress?.({ stage, share, documents: run.documents, failed: run.failed });
    await this.putAll(roots, run, signal, (share) => report("store", share));
    const going = new Map<MirroredRoot, readonly string[]>();
    for (const root of roots) going.set(root, await root.going(port, run, request.allowEmpty === true, signal));
    const removed = await removeAll(going, request.dryRun === true ? undefined : port, listener, signal);
    report("store", 1);
    if (request.dryRun !== true) {
      await port.settle(signal, (share) => report("settle", share));
      report("settle", 1);
    }
    return { ...run.report(), removed };
  }

  /** Each root once; one that is not there has no path. */
  private async rootsOf({ paths, allowEmpty }: SyncRequest, signal: AbortSignal): Promise<readonly MirroredRoot[]> {
    const roots = new Map<string, MirroredRoot>();
    for (const path of paths) {
      const { root, isThere } = await this.reader.root(path, signal);
      if (!isThere && allowEmpty !== true) {
        throw new ServiceError("not-found", `There is no file or folder ${path}, so nothing was done.`);
      }
      if (!roots.has(root)) roots.set(root, new MirroredRoot(root, isThere ? path : undefined));
    }
    return [...roots.values()];
  }

  private async putAll(
    roots: readonly MirroredRoot[],
    run: IngestRun,
    signal: AbortSignal,
    onShare: (share: number) => void,
  ): Promise<void> {
    const paths = roots.flatMap(({ path }) => (path === undefined ? [] : [path]));
    const size = await this.reader.size(paths, signal);
    let bytesRead = 0;
    const onBytes = (bytes: number) => {
      bytesRead += bytes;
    };
    onShare(0);
    for (const root of roots) {
      if (root.path === undefined) continue;
      for await (const result of this.reader.read([root.path], signal, onBytes)) {
        root.take(result);
        if (result.document === undefined) run.fail(result.failure);
        else await run.add(result.document);
        onShare(Math.min(1, bytesRead / Math.max(size, 1)));
      }
    }
    await run.finish();
  }

  private chunked(document: SourceDocument, signal: AbortSignal): Promise<ChunkedDocument> {
    return readyToPut(document, this.settings, this.tokenizer, signal);
  }
}

/** Says what puts would do, and does not do it. */
function rehearsal(port: CorpusPort, { planned }: SyncListener): PutTarget {
  return {
    maxBatch: port.maxBatch,
    async put(documents, signal): Promise<PutReport> {
      const report = { added: 0, replaced: 0, unchanged: 0 };
      const outcomes = await port.compare(documents, signal);
      for (const [index, kind] of outcomes.entries()) {
        report[kind] += 1;
        if (kind !== "unchanged") planned?.({ kind, id: documents[index]?.document.id ?? "" });
      }
      return report;
    },
  };
}

/** Removes what goes; without a port it says so alone. How many there were. */
async function removeAll(
  going: ReadonlyMap<MirroredRoot, readonly string[]>,
  port: CorpusPort | undefined,
  { planned }: SyncListener,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const [{ root }, ids] of going) {
    if (port === undefined) {
      for (const id of ids) planned?.({ kind: "removed", id });
      removed += ids.length;
      continue;
    }
    for (let start = 0; start < ids.length; start += REMOVED_AT_ONCE) {
      throwIfAborted(signal);
      removed += await port.removeRead(root, ids.slice(start, start + REMOVED_AT_ONCE), signal);
    }
  }
  return removed;
}
