import type { SourceDocument } from "../domain/document.ts";
import { type ErrorCode, ServiceError, throwIfAborted } from "../domain/errors.ts";
import type { ChunkedDocument, CorpusPort, PutReport } from "../domain/ports/corpus-port.ts";
import type { ReadFailure } from "../domain/ports/document-reader-port.ts";

export interface IngestReport extends PutReport {
  /** How many things could not be read or put. */
  readonly failed: number;
  /** The first 1,000 of them, in the order in which they came. */
  readonly failures: readonly ReadFailure[];
}

/** The text that a batch holds at most, unless one document alone has more. */
const BATCH_CHARACTERS = 2_000_000;
const MAX_KEPT_FAILURES = 1_000;
/** Batches that are put at once, so that while a corpus writes one the next is embedded, and another one read. */
const PUTS_UNDER_WAY = 4;

/** What one document can be to blame for; anything else ends the run. */
const FAULTS_OF_A_DOCUMENT: ReadonlySet<ErrorCode> = new Set([
  "invalid-request",
  "content-refused",
  "context-overflow",
]);

/** Where a run puts its batches. */
export type PutTarget = Pick<CorpusPort, "put" | "maxBatch">;

/** One run of an ingestion: gathers documents into batches, puts them, keeps the tally. */
export class IngestRun {
  private readonly port: PutTarget;
  private readonly chunk: (document: SourceDocument) => Promise<ChunkedDocument>;
  private readonly signal: AbortSignal;
  private readonly ids = new Set<string>();
  private readonly failures: ReadFailure[] = [];
  private readonly tally = { added: 0, replaced: 0, unchanged: 0, failed: 0 };
  private batch: ChunkedDocument[] = [];
  private batchCharacters = 0;
  /** In the order in which they began. */
  private readonly underWay: Promise<void>[] = [];

  constructor(port: PutTarget, chunk: (document: SourceDocument) => Promise<ChunkedDocument>, signal: AbortSignal) {
    this.port = port;
    this.chunk = chunk;
    this.signal = signal;
  }

  /** Documents that were given to the run, each id once. */
  get documents(): number {
    return this.ids.size;
  }

  /** Whether a document of this id was given to the run. */
  has(id: string): boolean {
    return this.ids.has(id);
  }

  get failed(): number {
    return this.tally.failed;
  }

  fail(failure: ReadFailure): void {
    this.tally.failed += 1;
    if (this.failures.length < MAX_KEPT_FAILURES) this.failures.push(failure);
  }

  /**
   * Takes a document whose id did not come before; a put of earlier ones may be under way when this resolves.
   * @throws ServiceError what a `put` throws but for one document's fault, once no other is under way
   */
  async add(document: SourceDocument): Promise<void> {
    throwIfAborted(this.signal);
    if (this.ids.has(document.id)) {
      const id = JSON.stringify(document.id);
      this.fail({ source: sourceOf(document), reason: `The id ${id} came before in this run; an id must be unique.` });
      return;
    }
    this.ids.add(document.id);
    const { length } = document.text;
    if (this.batch.length >= this.port.maxBatch || this.batchCharacters + length > BATCH_CHARACTERS) {
      this.begin();
      await this.untilUnderWay(PUTS_UNDER_WAY - 1);
    }
    const chunked = await this.orFailure(document, () => this.chunk(document));
    if (chunked === undefined) return;
    this.batch.push(chunked);
    this.batchCharacters += length;
  }

  /** Puts what is left, and waits for all that was put. @throws ServiceError as `add` does */
  async finish(): Promise<void> {
    this.begin();
    await this.untilUnderWay(0);
  }

  private begin(): void {
    const { batch } = this;
    this.batch = [];
    this.batchCharacters = 0;
    if (batch.length === 0) return;
    const put = this.put(batch);
    // Heard of when it is waited for.
    put.catch(() => undefined);
    this.underWay.push(put);
  }

  private async untilUnderWay(atMost: number): Promise<void> {
    try {
      while (this.underWay.length > atMost) await this.underWay.shift();
    } catch (error) {
      await Promise.allSettled(this.underWay.splice(0));
      throw error;
    }
  }

  private async put(batch: readonly ChunkedDocument[]): Promise<void> {
    try {
      this.count(await this.port.put(batch, this.signal));
    } catch (error) {
      if (!isFaultOfDocument(error)) throw error;
      for (const chunked of batch) {
        this.count(await this.orFailure(chunked.document, () => this.port.put([chunked], this.signal)));
      }
    }
  }

  report(): IngestReport {
    return { ...this.tally, failures: [...this.failures] };
  }

  private count({ added, replaced, unchanged }: PutReport = { added: 0, replaced: 0, unchanged: 0 }): void {
    this.tally.added += added;
    this.tally.replaced += replaced;
    this.tally.unchanged += unchanged;
  }

  private async orFailure<Result>(document: SourceDocument, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isFaultOfDocument(error)) throw error;
      this.fail({ source: sourceOf(document), reason: error.message });
      return undefined;
    }
  }
}

function isFaultOfDocument(error: unknown): error is ServiceError {
  return error instanceof ServiceError && FAULTS_OF_A_DOCUMENT.has(error.code);
}

function sourceOf({ id, uri }: SourceDocument): string {
  return uri === undefined || uri === id ? id : `${uri} (${id})`;
}
