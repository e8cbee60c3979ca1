import type { CorpusPort } from "../../domain/ports/corpus-port.ts";
import type { RetrievalPort } from "../../domain/ports/retrieval-port.ts";

/** Cases that a harness may leave out, each with its reason. */
export type CorpusCase = "stall" | "failure" | "embedded-texts" | "reopen";

/** A put that waits before anything is written. */
export interface HeldPut {
  /** Resolves once a put waits. */
  readonly reached: Promise<void>;
  /** Resolves once the waiting put was aborted. */
  readonly stopped: Promise<void>;
  /** Lets waiting and later puts go on. */
  release(): void;
}

/** Both sides of one corpus, with what stands behind its puts in the test's hand. */
export interface OpenCorpus {
  readonly corpus: CorpusPort;
  /** Searches the same documents. */
  readonly retrieval: RetrievalPort;
  /** Makes puts wait on their way. Absent only where the case `stall` is skipped. */
  hold?(): HeldPut;
  /** Makes the next put fail on its way. Absent only where the case `failure` is skipped. */
  failNext?(error: Error): void;
  /** How many texts of documents were embedded so far. Absent only where the case `embedded-texts` is skipped. */
  embeddedTexts?(): number;
  /** Closes the corpus and opens what it has written. Absent only where the case `reopen` is skipped. */
  reopen?(): Promise<OpenCorpus>;
  /** Ends both sides. */
  close(): Promise<void>;
}

export interface CorpusHarness {
  /** Opens a corpus without documents. */
  open(): Promise<OpenCorpus>;
  /** Cases that do not apply, with the reason. */
  readonly skip?: Partial<Record<CorpusCase, string>>;
}
