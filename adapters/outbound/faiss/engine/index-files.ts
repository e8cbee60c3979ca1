import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database } from "./database.ts";
import { FaissIndex, type IndexKind } from "./faiss-index.ts";
import type { Space } from "./protocol.ts";

const READ_BYTES = 1 << 20;
const TEMPORARY_FOR_MS = 3_600_000;

interface FileRow {
  readonly kind: IndexKind;
  readonly name: string;
  readonly sha256: string;
  readonly passages: Uint8Array;
}

/**
 * FAISS files beside the record, which names the one that counts, its checksum and whose vectors it holds. They only save
 * time: one that is missing, torn or out of date is made good from the record.
 */
export class IndexFiles {
  private readonly directory: string;
  private readonly database: Database;
  private readonly isUsed: boolean;

  /** Where `isUsed` is false no file is read or written. */
  constructor(directory: string, database: Database, isUsed: boolean) {
    this.directory = directory;
    this.database = database;
    this.isUsed = isUsed;
  }

  /** The space's index, its vectors numbered by `slotOf` (undefined: the passage is gone); undefined where no file can be trusted. */
  load({ number: space, dimensions }: Space, slotOf: (passage: number) => number | undefined): FaissIndex | undefined {
    const sql = "SELECT kind, name, sha256, passages FROM index_files WHERE space = ?";
    const row = this.database.get<FileRow>(sql, space);
    if (row === undefined || !this.isUsed) return undefined;
    const path = join(this.directory, row.name);
    if (!existsSync(path) || checksumOfFile(path) !== row.sha256) return undefined;
    const passages = new Uint32Array(row.passages.slice().buffer);
    const slots = Array.from(passages, (passage) => slotOf(passage) ?? -1);
    return FaissIndex.read(path, row.kind, dimensions, slots);
  }

  /** Writes the index under a new name, lets the record name it, and removes what is not named any more. */
  async save(
    { number: space, dimensions }: Space,
    index: FaissIndex,
    passageAt: (slot: number) => number,
  ): Promise<void> {
    if (!this.isUsed) return;
    const name = `vectors-${space}-${randomUUID()}.faiss`;
    const temporary = join(this.directory, `${name}.tmp`);
    // FAISS aborts the process where it cannot write: find out before it tries.
    writeFileSync(temporary, "");
    if (this.freeBytes() < index.size * dimensions * 8) {
      rmSync(temporary);
      return;
    }
    const passages = Uint32Array.from(index.slots, (slot) => (slot < 0 ? 0 : passageAt(slot)));
    index.write(temporary);
    const sha256 = await checksumInSlices(temporary);
    renameSync(temporary, join(this.directory, name));
    await this.database.write(() => {
      this.database.run(
        `INSERT OR REPLACE INTO index_files (space, kind, name, sha256, passages)
         SELECT number, ?, ?, ?, ? FROM spaces WHERE number = ?`,
        index.kind,
        name,
        sha256,
        new Uint8Array(passages.buffer),
        space,
      );
      this.removeUnnamed();
    });
  }

  private removeUnnamed(): void {
    const named = new Set(this.database.all<{ name: string }>("SELECT name FROM index_files").map(({ name }) => name));
    for (const name of readdirSync(this.directory)) {
      const stale = name.endsWith(".faiss") ? !named.has(name) : name.endsWith(".faiss.tmp") && this.isOld(name);
      if (stale) rmSync(join(this.directory, name), { force: true });
    }
  }

  private isOld(name: string): boolean {
    const file = statSync(join(this.directory, name), { throwIfNoEntry: false });
    return file !== undefined && Date.now() - file.mtimeMs > TEMPORARY_FOR_MS;
  }

  private freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }
}

/** SHA-256 of the file, in hexadecimal digits. */
export function checksumOfFile(path: string): string {
  const hash = createHash("sha256");
  for (const bytes of slicesOf(path)) hash.update(bytes);
  return hash.digest("hex");
}

/** The same, letting requests through between the slices. */
async function checksumInSlices(path: string): Promise<string> {
  const hash = createHash("sha256");
  for (const bytes of slicesOf(path)) {
    hash.update(bytes);
    await nextTurn();
  }
  return hash.digest("hex");
}

/** A file's bytes; a slice is overwritten by the next one. */
function* slicesOf(path: string): Generator<Uint8Array> {
  const buffer = new Uint8Array(READ_BYTES);
  const file = openSync(path, "r");
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) yield buffer.subarray(0, read);
  } finally {
    closeSync(file);
  }
}
