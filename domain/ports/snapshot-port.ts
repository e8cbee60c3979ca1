import type { Problem } from "../errors.ts";

/** What a snapshot says of itself. */
export interface Snapshot {
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Name of the corpus that it was made of. */
  readonly corpus: string;
  /** Of the corpus when it was made. */
  readonly generation: number;
  /** Embedder that the vectors are of; absent where nothing had been embedded yet. */
  readonly embedder?: { readonly name: string; readonly dimensions: number };
  /** Version of the analyzer that wrote the passages' terms. */
  readonly analyzer: number;
  readonly documents: number;
  readonly passages: number;
  readonly vectors: number;
  /** Of its files together, but for the manifest. */
  readonly bytes: number;
}

/** A file of a snapshot, in its directory. */
export interface SnapshotFile {
  /** Letters, digits, and . _ -, a letter or digit first. */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
}

/** A snapshot as it was found on disk; `snapshot` is absent where it cannot be told what it is. */
export interface SnapshotCheck {
  /** All of its files, as they were when they were checked; [] where there are problems. */
  readonly files: readonly SnapshotFile[];
  readonly snapshot?: Snapshot;
  /** Everything that is wrong, `field` being the file; [] where it is whole. */
  readonly problems: readonly Problem[];
}

/** Whole copies of a corpus, each in a directory of its own that can be moved, kept and restored elsewhere. */
export interface SnapshotPort {
  /**
   * Writes the corpus as it is at one generation into a new directory, which is there wholly or not at all. Waits first for
   * what `settle` waits for (see CorpusPort); searches and changes go on meanwhile. `onProgress` gets the share that is done,
   * in [0, 1], never falling.
   * @throws ServiceError invalid-request (there is something at that path), storage-failed, what `settle` throws, timeout, cancelled
   */
  create(directory: string, signal: AbortSignal, onProgress?: (share: number) => void): Promise<Snapshot>;

  /**
   * Replaces all that the corpus holds by what the snapshot holds, at once, after it has checked it; the corpus's generation
   * is then higher than it and the snapshot's were. Whoever searches meanwhile gets an answer out of the one or the other, and
   * out of the new one alone once this returns and, in other processes, once they have opened it. What is changed
   * afterwards is changed in the new content. Nothing is changed where it throws, but for cancelled and timeout, after which the corpus may be either.
   * @throws ServiceError not-found (no such directory), invalid-request (`problems` lists all that is wrong with the
   * snapshot), embedder-mismatch (names both), storage-failed, timeout, cancelled
   */
  restore(directory: string, signal: AbortSignal): Promise<Snapshot>;
}
