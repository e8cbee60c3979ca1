import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSearch, type FaissSearch } from "../../adapters/outbound/faiss/adapter.ts";
import { faissOptions } from "../../adapters/outbound/faiss/options.ts";
import type { LogFields } from "../../domain/log.ts";
import type { EmbeddingPort, LearnedEmbeddingPort } from "../../domain/ports/embedding-port.ts";
import { FakeEmbedding } from "./fakes/fake-embedding.ts";

export interface OpenFaiss extends FaissSearch {
  readonly directory: string;
  /** What was logged, oldest first. */
  readonly logged: readonly LoggedLine[];
  close(): Promise<void>;
}

export interface LoggedLine {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

export interface FaissSetting {
  /** Folder of the corpus. */
  readonly directory: string;
  /** Default: a fixed one that hashes words. */
  readonly embedder?: EmbeddingPort | LearnedEmbeddingPort;
  /** Options of the adapter but for the embedder's name. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Default: true. */
  readonly learnsUnasked?: boolean;
}

/** A real corpus: a real process with real FAISS and SQLite. */
export function openFaiss(setting: FaissSetting): OpenFaiss {
  const { directory, embedder = new FakeEmbedding(), options = {}, learnsUnasked = true } = setting;
  const logged: LoggedLine[] = [];
  const note = (level: LoggedLine["level"]) => (fields: LogFields, message: string) => {
    logged.push({ level, message, fields });
  };
  const search = createSearch(faissOptions.parse({ embedder: "fake", ...options }), {
    directory,
    learnsUnasked,
    version: "0.0.0",
    embedder: () => embedder,
    log: { info: note("info"), warn: note("warn"), error: note("error") },
  });
  return { ...search, directory, logged, close: () => search.corpus.close() };
}

/** A new folder for a corpus, which the caller removes. */
export async function corpusFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "pharos-faiss-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
