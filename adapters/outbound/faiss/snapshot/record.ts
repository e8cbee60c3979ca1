import { DatabaseSync } from "node:sqlite";
import type { IndexKind } from "../engine/faiss-index.ts";
import type { ManifestBody } from "./manifest.ts";

/** What a record says that its snapshot's manifest says too. */
export type RecordFacts = Pick<
  ManifestBody,
  "generation" | "record_format" | "analyzer" | "embedder" | "documents" | "passages" | "vectors"
>;

/** An index file as the record names it. */
export interface NamedIndex {
  readonly name: string;
  readonly sha256: string;
  readonly kind: IndexKind;
  readonly dimensions: number;
  /** Number of the passage that each of its vectors belongs to, 32 bits each. */
  readonly passages: Uint8Array;
}

export function factsOf(record: DatabaseSync): RecordFacts {
  const one = <Row>(sql: string) => record.prepare(sql).get() as Row | undefined;
  const counted = (table: string) => one<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count ?? 0;
  const corpus = one<{ generation: number; analyzer: number }>(
    "SELECT generation, analyzer_version AS analyzer FROM corpus",
  );
  const space = one<NonNullable<RecordFacts["embedder"]>>(
    "SELECT kind, embedder AS name, dimensions FROM spaces JOIN corpus ON active_space = number",
  );
  return {
    generation: corpus?.generation ?? 0,
    record_format: one<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0,
    analyzer: corpus?.analyzer ?? 0,
    embedder: space === undefined ? null : { ...space },
    documents: counted("documents"),
    passages: counted("passages"),
    vectors: counted("vectors"),
  };
}

export function indexesOf(record: DatabaseSync): readonly NamedIndex[] {
  const sql = "SELECT name, sha256, f.kind, dimensions, passages FROM index_files f JOIN spaces ON number = space";
  return record.prepare(sql).all() as unknown as NamedIndex[];
}

/** Runs over a record that nobody else has open; read only unless told otherwise. */
export function withRecord<Result>(path: string, work: (record: DatabaseSync) => Result, readOnly = true): Result {
  const record = new DatabaseSync(path, { readOnly });
  try {
    return work(record);
  } finally {
    record.close();
  }
}
