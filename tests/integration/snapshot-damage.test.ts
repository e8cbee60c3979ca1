import { cp, open, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { verifySnapshot } from "../../adapters/outbound/faiss/snapshot/verify.ts";
import { chunked } from "../support/chunked.ts";
import { corpusFolder, openFaiss } from "../support/faiss.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomNumbers } from "../support/vectors.ts";

const unending = new AbortController().signal;
const RECORD = "corpus.sqlite";
const MANIFEST = "manifest.json";
let whole = "";

beforeAll(async () => {
  const folder = await corpusFolder();
  const { corpus, snapshots, close } = openFaiss({
    directory: join(folder.path, "boats"),
    embedder: new FakeLearnedEmbedding(),
  });
  const boats = Array.from({ length: 20 }, (_, index) => ({ id: `boat${index}`, text: `This is boat${index}.` }));
  await corpus.put(boats.map(chunked), unending);
  whole = join(folder.path, "whole");
  await snapshots.create(whole, unending);
  await close();
  return folder.remove;
});

/** A copy of the snapshot that a test may damage, and the name of its index file. */
async function copied(): Promise<{ readonly directory: string; readonly index: string }> {
  const directory = join(await temporaryFolder(), "copy");
  await cp(whole, directory, { recursive: true });
  const index = (await readdir(directory)).find((name) => name.endsWith(".faiss"));
  if (index === undefined) throw new Error("The snapshot has no index file.");
  return { directory, index };
}

function problemsIn(directory: string): readonly string[] {
  return verifySnapshot(directory).problems.map(({ field, message }) => `${field} ${message}`);
}

/** Changes the byte for as long as the check takes. */
async function withByteChanged<Result>(path: string, position: number, check: () => Result): Promise<Result> {
  const file = await open(path, "r+");
  try {
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, position);
    await file.write(Uint8Array.of((byte[0] ?? 0) ^ 0x10), 0, 1, position);
    const result = check();
    await file.write(byte, 0, 1, position);
    return result;
  } finally {
    await file.close();
  }
}

describe("A check of a snapshot", () => {
  it("finds it whole, wherever it was moved", async () => {
    const { directory } = await copied();
    const moved = join(directory, "../moved");
    await rename(directory, moved);
    expect(verifySnapshot(moved)).toMatchObject({ problems: [], snapshot: { corpus: "boats", documents: 20 } });
  });

  it("finds a change of any byte of the manifest", async () => {
    const { directory } = await copied();
    const path = join(directory, MANIFEST);
    const { length } = await readFile(path);
    for (let position = 0; position < length; position++) {
      const problems = await withByteChanged(path, position, () => problemsIn(directory));
      expect(problems, `byte ${position}`).not.toEqual([]);
    }
    expect(problemsIn(directory)).toEqual([]);
  });

  it.each(["record", "index"] as const)("finds a change of any byte of the %s, anywhere in it", async (kind) => {
    const { directory, index } = await copied();
    const name = kind === "record" ? RECORD : index;
    const path = join(directory, name);
    const { length } = await readFile(path);
    const random = randomNumbers(3);
    const positions = [0, 1, length - 1, ...Array.from({ length: 60 }, () => Math.floor(random() * length))];
    for (const position of positions) {
      const problems = await withByteChanged(path, position, () => problemsIn(directory));
      expect(problems, `byte ${position}`).toEqual([`${name} has another checksum than the manifest says`]);
    }
    expect(problemsIn(directory)).toEqual([]);
  });

  it.each([MANIFEST, RECORD, "index"])("finds %s cut short anywhere, longer than it was, or gone", async (name) => {
    const random = randomNumbers(5);
    for (let round = 0; round < 8; round++) {
      const { directory, index } = await copied();
      const path = join(directory, name === "index" ? index : name);
      const content = await readFile(path);
      await truncate(path, Math.floor(random() * content.length));
      expect(problemsIn(directory)).toHaveLength(1);
      await writeFile(path, Buffer.concat([content, Buffer.from(" ")]));
      expect(problemsIn(directory)).toHaveLength(1);
      await rm(path);
      expect(problemsIn(directory)).toHaveLength(1);
    }
  });

  it("lists everything that is wrong, not the first of it", async () => {
    const { directory, index } = await copied();
    await rm(join(directory, index));
    await truncate(join(directory, RECORD), 100);
    const manifest = await readFile(join(directory, MANIFEST), "utf8");
    await writeFile(join(directory, MANIFEST), manifest.replace('"documents": 20', '"documents": 21'));
    expect(problemsIn(directory)).toEqual([
      `${MANIFEST} was changed after it was written`,
      expect.stringMatching(/^corpus\.sqlite has 100 bytes, must have \d+$/u),
      `${index} is not there`,
    ]);
  });

  it("compares manifest and record: counts, generation, analyzer, embedder", async () => {
    const { directory } = await copied();
    const path = join(directory, MANIFEST);
    const manifest = JSON.parse(await readFile(path, "utf8"));
    const lies = { generation: 99, documents: 21, passages: 22, vectors: 23, analyzer: 77, embedder: null };
    await writeFile(path, JSON.stringify({ ...manifest, ...lies }));
    const problems = problemsIn(directory).filter((problem) => problem.startsWith(RECORD));
    expect(problems).toHaveLength(Object.keys(lies).length);
    for (const key of Object.keys(lies)) {
      expect(problems).toContainEqual(expect.stringContaining(` has ${key} ${JSON.stringify(manifest[key])}`));
    }
  });

  it("names every field of the manifest that is not as it must be, and lets no file lie elsewhere", async () => {
    const { directory } = await copied();
    const path = join(directory, MANIFEST);
    const manifest = JSON.parse(await readFile(path, "utf8"));
    const files = [...manifest.files, { name: "../outside", bytes: 1, sha256: "0".repeat(64) }];
    await writeFile(path, JSON.stringify({ ...manifest, files, generation: -1, engine: "other", more: 1 }));
    const problems = problemsIn(directory);
    for (const field of ["files.2.name", "generation", "engine", "more"]) {
      expect(problems).toContainEqual(expect.stringContaining(field));
    }
  });

  it("looks into the record: one that SQLite finds broken is told, whatever the checksums say", async () => {
    const { directory } = await copied();
    const path = join(directory, RECORD);
    const record = new DatabaseSync(path);
    record.exec("DELETE FROM documents WHERE number = 1");
    record.close();
    const { manifest } = await resealed(directory);
    expect(problemsIn(directory)).toEqual(
      expect.arrayContaining([`${RECORD} has documents 19, the manifest says ${manifest.documents}`]),
    );
  });

  it("opens the index: one that holds other vectors than the record says is told", async () => {
    const { directory, index } = await copied();
    const record = new DatabaseSync(join(directory, RECORD));
    record.prepare("UPDATE index_files SET passages = ?").run(new Uint8Array(4 * 19));
    record.close();
    await resealed(directory);
    expect(problemsIn(directory)).toContain(`${index} holds other vectors than the record says`);
  });
});

/** Writes the record's own sum into the manifest, as someone would who hides what he did. */
async function resealed(directory: string) {
  const { sumOf } = await import("../../adapters/outbound/faiss/snapshot/files.ts");
  const { manifestText, readManifest } = await import("../../adapters/outbound/faiss/snapshot/manifest.ts");
  const { manifest } = readManifest(directory);
  if (manifest === undefined) throw new Error("There is no manifest.");
  const { sha256: _, ...body } = manifest;
  const files = body.files.map((file) =>
    file.name === RECORD ? { ...file, ...sumOf(join(directory, RECORD)) } : file,
  );
  await writeFile(join(directory, MANIFEST), manifestText({ ...body, files }));
  return { manifest };
}
