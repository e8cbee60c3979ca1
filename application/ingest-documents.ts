import type { SourceDocument } from "../domain/document.ts";
import { ServiceError } from "../domain/errors.ts";
import type { FieldMapping } from "../domain/field-mapping.ts";
import type { AdapterFactory } from "../domain/ports/adapter-factory.ts";
import type { ChunkedDocument, PutReport, Selection } from "../domain/ports/corpus-port.ts";
import type { DocumentReaderPort } from "../domain/ports/document-reader-port.ts";
import type { TokenizerPort } from "../domain/ports/tokenizer-port.ts";
import type { Principal } from "../domain/principal.ts";
import { mayRead } from "../domain/readers.ts";
import { readyToPut } from "./chunking/ready-to-put.ts";
import type { ChunkSettings } from "./chunking/token-pieces.ts";
import { type IngestReport, IngestRun } from "./ingest-run.ts";

export interface IngestRequest {
  /** Name of a corpus in the config. */
  readonly corpus: string;
  /** Files and folders. */
  readonly paths: readonly string[];
  /** Of tables and JSONL files; what is left out is as the reader was made. */
  readonly fields?: FieldMapping;
  /** Whether to wait for what `put` leaves for later (see CorpusPort.settle). Default: true. */
  readonly settle?: boolean;
}

/** `store` reads, chunks and puts, file by file; `settle` waits for the index. Stages come in this order, each at most once. */
export interface IngestProgress {
  readonly stage: "store" | "settle";
  /** Of this stage, in [0, 1], never falling. */
  readonly share: number;
  /** Documents that were read so far. */
  readonly documents: number;
  /** Things that failed so far. */
  readonly failed: number;
}

/** Brings documents into a corpus, and takes them out. */
export class IngestDocuments {
  private readonly adapters: Pick<AdapterFactory, "corpus">;
  private readonly reader: DocumentReaderPort;
  private readonly tokenizer: TokenizerPort;
  private readonly settings: ChunkSettings;

  constructor(
    adapters: Pick<AdapterFactory, "corpus">,
    reader: DocumentReaderPort,
    tokenizer: TokenizerPort,
    settings: ChunkSettings,
  ) {
    this.adapters = adapters;
    this.reader = reader;
    this.tokenizer = tokenizer;
    this.settings = settings;
  }

  /**
   * Reads the paths and puts their documents, in batches; the same input again changes nothing. What cannot be read, or
   * what the corpus refuses, is a failure in the report and never ends the run. An id that comes twice in one run keeps
   * its first document, so that a repeated run finds it unchanged; the later one is a failure.
   * Batches that were put stay put where it throws.
   * @throws ServiceError not-found (a path, the corpus), corpus-read-only, not-configured, and what CorpusPort.put and
   * settle throw but for one document's fault
   */
  async ingest(
    { corpus, paths, fields, settle = true }: IngestRequest,
    signal: AbortSignal,
    onProgress: (progress: IngestProgress) => void = () => {},
  ): Promise<IngestReport> {
    const port = this.adapters.corpus(corpus);
    const size = await this.reader.size(paths, signal);
    const run = new IngestRun(port, (document) => this.chunked(document, signal), signal);
    const report = (stage: IngestProgress["stage"], share: number) =>
      onProgress({ stage, share, documents: run.documents, failed: run.failed });
    let bytesRead = 0;
    const onBytes = (bytes: number) => {
      bytesRead += bytes;
    };
    report("store", 0);
    for await (const { document, failure } of this.reader.read(paths, signal, onBytes, fields)) {
      if (document === undefined) run.fail(failure);
      else await run.add(document);
      report("store", Math.min(1, bytesRead / Math.max(size, 1)));
    }
    await run.finish();
    report("store", 1);
    if (settle) {
      await port.settle(signal, (share) => report("settle", share));
      report("settle", 1);
    }
    return run.report();
  }

  /**
   * Puts the documents as `ingest` puts what it reads, and waits for the index.
   * @throws ServiceError as `ingest` does
   */
  async putAll(corpus: string, documents: readonly SourceDocument[], signal: AbortSignal): Promise<IngestReport> {
    const port = this.adapters.corpus(corpus);
    const run = new IngestRun(port, (document) => this.chunked(document, signal), signal);
    for (const document of documents) await run.add(document);
    await run.finish();
    await port.settle(signal);
    return run.report();
  }

  /**
   * Adds one document, or replaces the one with its id. It is durable and can be found when this returns.
   * @throws ServiceError invalid-request (a text of white space), not-found (no such corpus), corpus-read-only,
   * not-configured, and what CorpusPort.put throws
   */
  async put(corpus: string, document: SourceDocument, signal: AbortSignal): Promise<PutReport> {
    const port = this.adapters.corpus(corpus);
    return port.put([await this.chunked(document, signal)], signal);
  }

  /**
   * Removes a document that the principal, or nobody known, may read; any other is `not-found`, as if it were not there.
   * @throws ServiceError not-found (no such corpus or document), corpus-read-only, not-configured, and what CorpusPort.removeFor throws
   */
  async remove(corpus: string, id: string, principal: Principal | undefined, signal: AbortSignal): Promise<void> {
    const removed = await this.adapters.corpus(corpus).removeFor(principal, { ids: [id] }, signal);
    if (removed === 0) throw noSuchDocument(corpus, id);
  }

  /**
   * Removes documents by their ids or by a filter, all at once; returns how many there were.
   * @throws ServiceError not-found (no such corpus), corpus-read-only, not-configured, and what CorpusPort.remove and removeMatching throw
   */
  async removeAll(corpus: string, { ids, filter }: Selection, signal: AbortSignal): Promise<number> {
    const port = this.adapters.corpus(corpus);
    return filter === undefined ? port.remove(ids, signal) : port.removeMatching(filter, signal);
  }

  /** As `removeAll`, but of those that the principal, or nobody known, may read. @throws ServiceError as `removeAll` does */
  async removeAllFor(
    principal: Principal | undefined,
    corpus: string,
    selection: Selection,
    signal: AbortSignal,
  ): Promise<number> {
    return this.adapters.corpus(corpus).removeFor(principal, selection, signal);
  }

  /**
   * The document as it was put, where the principal, or nobody known, may read it; any other is `not-found`.
   * @throws ServiceError not-found (no such corpus or document), corpus-read-only, not-configured, and what CorpusPort.get throws
   */
  async get(
    corpus: string,
    id: string,
    principal: Principal | undefined,
    signal: AbortSignal,
  ): Promise<SourceDocument> {
    const document = await this.adapters.corpus(corpus).get(id, signal);
    if (document === undefined || !mayRead(document.readers, principal)) throw noSuchDocument(corpus, id);
    return document;
  }

  private chunked(document: SourceDocument, signal: AbortSignal): Promise<ChunkedDocument> {
    return readyToPut(document, this.settings, this.tokenizer, signal);
  }
}

function noSuchDocument(corpus: string, id: string): ServiceError {
  return new ServiceError("not-found", `The corpus ${corpus} holds no document with the id ${JSON.stringify(id)}.`);
}
