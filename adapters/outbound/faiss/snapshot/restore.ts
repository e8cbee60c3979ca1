import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Problem, ServiceError } from "../../../../domain/errors.ts";
import type { Snapshot } from "../../../../domain/ports/snapshot-port.ts";
import { type Content, contentOf, currentContent, INCOMPLETE, nameContent, syncFolder } from "../engine/content.ts";
import { Database } from "../engine/database.ts";
import { removeOldContents } from "../engine/old-contents.ts";
import type { EmbedderIdentity } from "../engine/protocol.ts";
import { copyDurably, syncFile } from "./files.ts";
import { MANIFEST, type Manifest, RECORD, readManifest, snapshotOf } from "./manifest.ts";
import { withRecord } from "./record.ts";
import { verifySnapshot } from "./verify.ts";

export interface RestoreTask {
  readonly directory: string;
  /** Folder of the corpus; made where it is not there. */
  readonly corpus: string;
  /** Name for the corpus's next content. */
  readonly content: string;
  /** The one that the corpus is searched with. */
  readonly embedder: EmbedderIdentity;
}

/** Copies the snapshot into the corpus as a content that nobody sees, checks the copy, and has the corpus name it. */
export async function restoreSnapshot({ directory, corpus, content: name, embedder }: RestoreTask): Promise<Snapshot> {
  const { manifest, problems } = readManifest(directory);
  if (manifest === undefined || problems.length > 0) throw damaged(directory, verifySnapshot(directory).problems);
  refuseOtherEmbedder(manifest, embedder);
  mkdirSync(corpus, { recursive: true });
  const content = contentOf(corpus, name);
  try {
    const checked = copyInto(content.directory, directory, manifest);
    if (checked.length > 0) throw damaged(directory, checked);
    // Brings it into the newest format.
    await (await Database.open(join(content.directory, RECORD))).close();
    await supersede(corpus, name, manifest);
  } catch (error) {
    if (!content.isCurrent()) rmSync(content.directory, { recursive: true, force: true });
    throw error;
  }
  tidy(corpus, content);
  return snapshotOf(manifest);
}

/** What fails here is done by the next process that opens the corpus. */
function tidy(corpus: string, { directory }: Content): void {
  try {
    rmSync(join(directory, INCOMPLETE), { force: true });
    removeOldContents(corpus);
  } catch {}
}

/** What is wrong with the copy; [] where it is whole, and on disk. */
function copyInto(to: string, from: string, manifest: Manifest): readonly Problem[] {
  mkdirSync(to);
  writeFileSync(join(to, INCOMPLETE), "", { flush: true });
  const names = [MANIFEST, ...manifest.files.map(({ name }) => name)].filter((name) => existsSync(join(from, name)));
  for (const name of names) copyDurably(join(from, name), join(to, name));
  const { problems } = verifySnapshot(to);
  rmSync(join(to, MANIFEST));
  return problems;
}

/**
 * Names the new content under the lock of the present record: what was acknowledged before is counted in the new generation,
 * and who comes for the lock afterwards finds another content named. A record that is no database any more has no lock,
 * nobody can have written to it.
 */
async function supersede(corpus: string, name: string, { generation: least }: Manifest): Promise<void> {
  const { directory } = contentOf(corpus, name);
  const path = join(directory, RECORD);
  const swap = (generation: number) => {
    const next = Math.max(generation, least) + 1;
    withRecord(path, (record) => record.prepare("UPDATE corpus SET generation = ?").run(next), false);
    syncFile(path);
    syncFolder(directory);
    syncFolder(corpus);
    nameContent(corpus, name);
  };
  for (;;) {
    const present = presentContent(corpus);
    if (present === undefined) return swap(0);
    try {
      return await underLock(present, swap);
    } catch (error) {
      if (isDamaged(error)) return swap(0);
      if (present.isCurrent()) throw error;
    }
  }
}

/** Undefined where what names the content was damaged. */
function presentContent(corpus: string): Content | undefined {
  try {
    return currentContent(corpus);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

/** Runs under the lock of the content's record, with its generation. @throws Superseded where it is not current */
async function underLock(content: Content, work: (generation: number) => void): Promise<void> {
  const record = await Database.open(join(content.directory, RECORD), content);
  try {
    await record.write(() =>
      work(record.get<{ generation: number }>("SELECT generation FROM corpus")?.generation ?? 0),
    );
  } finally {
    await record.close();
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

function isDamaged(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && DAMAGED.has(Number(error.errcode) & 0xff);
}

/** The rule of SpaceStore.active: what a learned embedder derived another one derives anew. */
function refuseOtherEmbedder({ embedder: made }: Manifest, own: EmbedderIdentity): void {
  if (made === null) return;
  if (made.kind === "learned" && own.kind === "learned") return;
  const isSame = own.kind === "fixed" && made.name === own.name && made.dimensions === own.dimensions;
  if (made.kind === own.kind && isSame) return;
  const configured = own.kind === "fixed" ? `${own.name} (${own.dimensions} dimensions)` : own.name;
  throw new ServiceError(
    "embedder-mismatch",
    `The snapshot was made with the embedder ${made.name} (${made.dimensions} dimensions), the config names ${configured}: name the former, or ingest the documents.`,
  );
}

function damaged(directory: string, problems: readonly Problem[]): ServiceError {
  const lines = problems.map(({ field, message }) => `  ${field} ${message}`);
  return new ServiceError("invalid-request", [`The snapshot at ${directory} is not whole:`, ...lines].join("\n"), {
    problems,
  });
}
