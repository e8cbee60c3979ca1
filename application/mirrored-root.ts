import { ServiceError } from "../domain/errors.ts";
import type { CorpusPort } from "../domain/ports/corpus-port.ts";
import type { ReadResult } from "../domain/ports/document-reader-port.ts";
import type { IngestRun } from "./ingest-run.ts";

/** A root that a corpus is to mirror, and what was found there. */
export class MirroredRoot {
  /** As in Origin. */
  readonly root: string;
  /** The path to read it by; undefined where it is not there. */
  readonly path: string | undefined;
  /** Files, and folders with all below, of which something could not be read. */
  private readonly unreadable = new Set<string>();
  private documents = 0;

  constructor(root: string, path: string | undefined) {
    this.root = root;
    this.path = path;
  }

  /** Takes note of what the reader found. */
  take(result: ReadResult): void {
    if (result.document === undefined) this.unreadable.add(result.origin.file);
    else this.documents += 1;
  }

  /**
   * Ids of the documents that the corpus has of the root and that are not there any more, once the run has put what is.
   * @throws ServiceError invalid-request where the root has no document left to read and would lose some, unless it may; what listRead throws
   */
  async going(port: CorpusPort, run: IngestRun, mayBeEmpty: boolean, signal: AbortSignal): Promise<readonly string[]> {
    const ids: string[] = [];
    for await (const { id, file } of port.listRead(this.root, signal)) {
      if (!run.has(id) && !this.isUnreadable(file)) ids.push(id);
    }
    if (this.documents > 0 || ids.length === 0 || mayBeEmpty) return ids;
    throw new ServiceError(
      "invalid-request",
      `${this.root} holds no document any more, and the corpus has ${ids.length} of it: is a disk missing? Nothing was removed; allow an empty root to remove them.`,
    );
  }

  /** Whether the file, or a folder above it, could not be read. */
  private isUnreadable(file: string): boolean {
    if (this.unreadable.has("") || this.unreadable.has(file)) return true;
    for (let end = file.lastIndexOf("/"); end > 0; end = file.lastIndexOf("/", end - 1)) {
      if (this.unreadable.has(file.slice(0, end))) return true;
    }
    return false;
  }
}
