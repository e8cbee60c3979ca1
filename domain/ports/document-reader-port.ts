import type { Origin, SourceDocument } from "../document.ts";
import type { FieldMapping } from "../field-mapping.ts";

/** One thing that could not be read; the run goes on. */
export interface ReadFailure {
  /** File, and line where there is one: `notes/a.jsonl:17`. */
  readonly source: string;
  /** What is wrong and what is allowed, in one line. */
  readonly reason: string;
}

export type ReadResult =
  | { readonly document: SourceDocument; readonly failure?: never }
  | {
      readonly failure: ReadFailure;
      /** What could not be read, or not wholly: a file, or a folder and with it everything below; "" the whole root. */
      readonly origin: Origin;
      readonly document?: never;
    };

/** Where the documents of a path are read from. */
export interface ReadRoot {
  /** As in Origin. */
  readonly root: string;
  /** Whether there is a file or a folder. */
  readonly isThere: boolean;
}

/** Reads documents out of files and folders. */
export interface DocumentReaderPort {
  /** The root of the documents that `read` finds under the path, or would find were it there. @throws ServiceError not-found (it cannot be looked at), cancelled */
  root(path: string, signal: AbortSignal): Promise<ReadRoot>;

  /** Bytes of the files under the paths that some reader knows; for a progress bar. @throws ServiceError not-found (a path that is not there) */
  size(paths: readonly string[], signal: AbortSignal): Promise<number>;

  /**
   * The documents of the files, each with its origin, folders walked in the order of their names; `onBytes` is told of every part
   * of their bytes once, when it was read. What `fields` says of tables and
   * JSONL files goes, field by field, before what the reader was made with.
   * A file that is broken, encrypted, empty or too large is a failure, not an exception.
   * @throws ServiceError not-found (a path that is not there), cancelled
   */
  read(
    paths: readonly string[],
    signal: AbortSignal,
    onBytes?: (bytes: number) => void,
    fields?: FieldMapping,
  ): AsyncIterable<ReadResult>;
}
