import type { Answers } from "../../../application/answers.ts";
import type { TestCollection } from "../../../application/evaluate-retrieval.ts";
import type { IngestDocuments } from "../../../application/ingest-documents.ts";
import type { SearchPassages } from "../../../application/search-passages.ts";
import type { SyncDocuments } from "../../../application/sync-documents.ts";
import type { AdapterFactory } from "../../../domain/ports/adapter-factory.ts";
import type { ObjectStorePort } from "../../../domain/ports/object-store-port.ts";
import type { SnapshotCheck } from "../../../domain/ports/snapshot-port.ts";

/** The use cases that the commands run, over the adapters that the config names. */
export interface CommandServices {
  readonly adapters: AdapterFactory;
  readonly answers: Answers;
  readonly searchPassages: SearchPassages;
  readonly documents: IngestDocuments;
  readonly syncDocuments: SyncDocuments;
  readonly defaults: { readonly topK: number; readonly maxTokens: number };
  /** Characters that a prompt or a query has at most, in UTF-16 code units. */
  readonly promptLength: number;
}

/** A judged collection on disk. */
export interface CollectionOnDisk extends TestCollection {
  /** The file that holds its documents. */
  readonly corpusPath: string;
}

/** What a new key is to be. */
export interface KeyRequest {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Day or moment from which it is valid no more. */
  readonly expires?: string;
}

export interface CreatedKey {
  readonly key: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** What surrounds a command. */
export interface CommandRuntime {
  /** The version of Pharos. */
  readonly version: string;
  /** Where results go. */
  readonly output: { write(text: string): unknown };
  /** Where progress and failures go; a bar is drawn where it is a terminal. */
  readonly progress: { write(text: string): unknown; readonly isTTY?: boolean };
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  /** Lets the command end with the exit code 1 once its work is done. */
  fail(): void;
  /** Serves until the process is told to stop. */
  serve(): Promise<void>;
  /** Reads a folder in BEIR layout. @throws ServiceError not-found, invalid-request (lists what is wrong) */
  readCollection(folder: string): Promise<CollectionOnDisk>;
  /** Reads queries (JSONL) and judgements (TSV). @throws ServiceError not-found, invalid-request (says what is wrong) */
  readJudgedQueries(queriesPath: string, qrelsPath: string): Promise<TestCollection>;
  /** Checks a snapshot without any corpus. @throws ServiceError not-found, storage-failed, timeout, cancelled */
  verifySnapshot(directory: string): Promise<SnapshotCheck>;
  /** Runs the work over the store at a URL, and closes it. @throws ServiceError invalid-request (the URL is none) */
  withObjectStore<Result>(url: string, work: (store: ObjectStorePort) => Promise<Result>): Promise<Result>;
  /** Runs the work with a path of the data folder where nothing is; what is there at the end is removed. */
  withTemporaryPath<Result>(work: (path: string) => Promise<Result>): Promise<Result>;
  /** Makes a key that the config will take. @throws ServiceError invalid-request (lists what is wrong with the request) */
  createKey(request: KeyRequest): CreatedKey;
  /** Runs the work over the config's services and closes them; over an empty data folder of its own, removed at the end, where asked. */
  withServices<Result>(
    where: "configured-data" | "temporary-data",
    work: (services: CommandServices) => Promise<Result>,
  ): Promise<Result>;
}
