import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Snapshot } from "../../../../domain/ports/snapshot-port.ts";
import { type Content, currentContent, syncFolder } from "../engine/content.ts";
import { refuseExisting } from "./destination.ts";
import { copyDurably, sumOf, syncFile } from "./files.ts";
import { MANIFEST, type ManifestBody, manifestText, RECORD, snapshotOf } from "./manifest.ts";
import { factsOf, indexesOf, withRecord } from "./record.ts";

const LOCK_PATIENCE_MS = 15_000;

export interface CreateTask {
  /** Folder of the corpus, which has a record. */
  readonly corpus: string;
  readonly corpusName: string;
  /** Version of Pharos. */
  readonly version: string;
  /** What the snapshot's directory is to be; its parent is there. */
  readonly directory: string;
  /** A path beside it, where nothing is yet. */
  readonly temporary: string;
}

/** Makes the snapshot under the temporary name, has it on disk, and renames it. */
export function createSnapshot({ corpus, corpusName, version, directory, temporary }: CreateTask): Snapshot {
  mkdirSync(temporary);
  const path = join(temporary, RECORD);
  const content = copyRecord(corpus, path);
  withRecord(path, (record) => prepare(record, content, temporary), false);
  syncFile(path);
  const body = withRecord(path, (record): ManifestBody => {
    const names = [RECORD, ...indexesOf(record).map(({ name }) => name)];
    return {
      format: 1,
      engine: "faiss",
      created_at: new Date().toISOString(),
      pharos: version,
      corpus: corpusName,
      ...factsOf(record),
      files: names.map((name) => ({ name, ...sumOf(join(temporary, name)) })),
    };
  });
  writeFileSync(join(temporary, MANIFEST), manifestText(body), { flush: true });
  syncFolder(temporary);
  refuseExisting(directory);
  renameSync(temporary, directory);
  syncFolder(dirname(directory));
  return snapshotOf(body);
}

/** Copies the record of the current content as of one moment; writers and readers of it do not wait for this. */
function copyRecord(corpus: string, path: string): Content {
  for (;;) {
    const content = currentContent(corpus);
    try {
      const source = new DatabaseSync(join(content.directory, RECORD));
      try {
        source.exec(`PRAGMA busy_timeout = ${LOCK_PATIENCE_MS}`);
        // What was opened under this name is what the corpus named, and stays whole even where it is removed now.
        if (!content.isCurrent()) continue;
        rmSync(path, { force: true });
        source.prepare("VACUUM INTO ?").run(path);
        return content;
      } finally {
        source.close();
      }
    } catch (error) {
      if (content.isCurrent()) throw error;
    }
  }
}

/** Leaves what is searched, in the one file, and brings the index file that belongs to it. */
function prepare(record: DatabaseSync, content: Content, temporary: string): void {
  record.exec(`
    PRAGMA synchronous = OFF;
    BEGIN;
    DELETE FROM vectors WHERE space NOT IN (SELECT active_space FROM corpus WHERE active_space IS NOT NULL);
    DELETE FROM model_parts WHERE space NOT IN (SELECT active_space FROM corpus WHERE active_space IS NOT NULL);
    DELETE FROM index_files WHERE space NOT IN (SELECT active_space FROM corpus WHERE active_space IS NOT NULL);
    DELETE FROM spaces WHERE number NOT IN (SELECT active_space FROM corpus WHERE active_space IS NOT NULL);
    COMMIT`);
  for (const { name, sha256 } of indexesOf(record)) {
    const [from, to] = [join(content.directory, name), join(temporary, name)];
    if (existsSync(from)) copyDurably(from, to);
    // A newer one may have taken its place since; what is missing is made from the record.
    if (existsSync(to) && sumOf(to).sha256 === sha256) continue;
    rmSync(to, { force: true });
    record.prepare("DELETE FROM index_files WHERE name = ?").run(name);
  }
}
