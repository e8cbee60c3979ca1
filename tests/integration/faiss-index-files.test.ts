import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { failureOf, unending } from "../contract/corpus-contract-context.ts";
import { inOneChunk } from "../support/chunked.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const DIMENSIONS = 512;

const DAMAGES: Readonly<Record<string, (path: string) => Promise<void>>> = {
  missing: (path) => rm(path),
  "cut short": async (path) => truncate(path, Math.floor((await stat(path)).size / 2)),
  empty: (path) => truncate(path, 0),
  "written over": async (path) => {
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0xff, 40));
  },
};

for (const [kind, flatBelow] of [
  ["flat", 10_000],
  ["HNSW", 200],
] as const) {
  describe(`The ${kind} index file`, () => {
    it("is there once the corpus has settled, and is read when it is opened again", async () => {
      const directory = await temporaryFolder();
      const first = open(directory, flatBelow);
      await putBoats(first, 0, 300);
      await first.corpus.settle(unending());
      const files = await indexFiles(directory);
      expect(files).toHaveLength(1);
      await first.close();
      const again = open(directory, flatBelow);
      await expectBoats(again, [0, 150, 299]);
      await again.close();
      expect(await indexFiles(directory)).toEqual(files);
    });

    for (const [what, damage] of Object.entries(DAMAGES)) {
      it(`is made anew from the record where it is ${what}`, async () => {
        const directory = await temporaryFolder();
        const first = open(directory, flatBelow);
        await putBoats(first, 0, 300);
        await first.corpus.settle(unending());
        await first.close();
        const [file = ""] = await indexFiles(directory);
        await damage(join(directory, file));
        const again = open(directory, flatBelow);
        await expectBoats(again, [0, 150, 299]);
        await again.corpus.settle(unending());
        const files = await indexFiles(directory);
        expect(files).toHaveLength(1);
        expect(files).not.toEqual([file]);
        expect(again.logged).toEqual([]);
      });
    }

    it("is caught up with what the record has had since, removals too", async () => {
      const directory = await temporaryFolder();
      const first = open(directory, flatBelow);
      await putBoats(first, 0, 300);
      await first.corpus.settle(unending());
      await putBoats(first, 300, 50);
      await first.corpus.remove(["boat7", "boat310"], unending());
      // Killed, so that it writes no file any more.
      process.kill(first.engine.pid ?? 0, "SIGKILL");
      const again = open(directory, flatBelow);
      await expectBoats(again, [0, 299, 300, 349]);
      await expectNoBoats(again, [7, 310]);
    });
  });
}

describe("The corpus", () => {
  it("does not find by vectors what was removed from an HNSW index", async () => {
    const opened = open(await temporaryFolder(), 100);
    await putBoats(opened, 0, 300);
    await opened.corpus.settle(unending());
    const removed = Array.from({ length: 150 }, (_, index) => index * 2);
    await opened.corpus.remove(
      removed.map((number) => `boat${number}`),
      unending(),
    );
    await expectNoBoats(opened, [0, 2, 298]);
    await expectBoats(opened, [1, 3, 299]);
    const { passages } = await opened.retrieval.retrieve({ query: "This is a boat", topK: 100 }, unending());
    expect(passages).toHaveLength(100);
    await opened.corpus.settle(unending());
    await expectNoBoats(opened, [0, 2, 298]);
    await expectBoats(opened, [1, 3, 299]);
  });

  it("refuses another embedder for puts and for searches, naming both", async () => {
    const directory = await temporaryFolder();
    const first = open(directory, 100);
    await putBoats(first, 0, 2);
    await first.close();
    const other = openFaiss({ directory, embedder: new FakeEmbedding({ dimensions: 8 }) });
    onTestFinished(() => other.close());
    for (const call of [putBoats(other, 5, 1), other.retrieval.retrieve({ query: "boat", topK: 1 }, unending())]) {
      const error = await failureOf(call);
      expect(error).toMatchObject({ code: "embedder-mismatch", retryable: false });
      expect(error.message).toContain("fake/words/512");
      expect(error.message).toContain("fake/words/8");
    }
    expect(await other.corpus.describe(unending())).toMatchObject({
      documents: 2,
      embedder: { dimensions: DIMENSIONS },
    });
    const words = openFaiss({ directory, embedder: new FakeEmbedding({ dimensions: 8 }), options: { mode: "sparse" } });
    onTestFinished(() => words.close());
    const found = await words.retrieval.retrieve({ query: "boat1", topK: 1 }, unending());
    expect(found.passages[0]?.documentId).toBe("boat1");
  });

  it("refuses a record that a newer version has written", async () => {
    const directory = await temporaryFolder();
    const first = open(directory, 100);
    await putBoats(first, 0, 1);
    await first.close();
    const record = new DatabaseSync(join(directory, "corpus.sqlite"));
    record.exec("PRAGMA user_version = 1000");
    record.close();
    const error = await failureOf(open(directory, 100).corpus.describe(unending()));
    expect(error.code).toBe("storage-failed");
    expect(error.message).toContain("1000");
  });

  it("analyses its passages again where another version of the analyzer has done it", async () => {
    const directory = await temporaryFolder();
    const first = open(directory, 100);
    await putBoats(first, 0, 3);
    await first.close();
    const record = new DatabaseSync(join(directory, "corpus.sqlite"));
    record.exec("UPDATE corpus SET analyzer_version = 0; UPDATE passages SET terms = x'ff'");
    record.close();
    const again = openFaiss({
      directory,
      embedder: new FakeEmbedding({ dimensions: DIMENSIONS }),
      options: { mode: "sparse" },
    });
    onTestFinished(() => again.close());
    const found = await again.retrieval.retrieve({ query: "boat2", topK: 1 }, unending());
    expect(found.passages[0]?.documentId).toBe("boat2");
  });
});

function open(directory: string, flatBelow: number): OpenFaiss {
  const embedder = new FakeEmbedding({ dimensions: DIMENSIONS, maxBatch: 64 });
  const opened = openFaiss({ directory, embedder, options: { mode: "dense", flat_below: flatBelow } });
  onTestFinished(() => opened.close());
  return opened;
}

async function putBoats({ corpus }: OpenFaiss, first: number, count: number): Promise<void> {
  const boats = Array.from({ length: count }, (_, index) => ({
    id: `boat${first + index}`,
    text: textOf(first + index),
  }));
  for (let start = 0; start < count; start += corpus.maxBatch) {
    await corpus.put(boats.slice(start, start + corpus.maxBatch).map(inOneChunk), unending());
  }
}

/** Texts that share some words with others, and have some of their own. */
function textOf(number: number): string {
  const words = Array.from({ length: 6 }, (_, index) => `word${(number * 31 + index * 17) % 97}`);
  return `This is boat${number} of fleet${number % 7} with own${number}a own${number}b own${number}c own${number}d ${words.join(" ")}`;
}

async function expectBoats({ retrieval }: OpenFaiss, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    const { passages } = await retrieval.retrieve({ query: textOf(number), topK: 1 }, unending());
    expect(passages[0]).toMatchObject({ documentId: `boat${number}` });
    expect(passages[0]?.score).toBeCloseTo(1, 4);
  }
}

async function expectNoBoats({ retrieval }: OpenFaiss, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    const { passages } = await retrieval.retrieve({ query: textOf(number), topK: 100 }, unending());
    expect(passages.map(({ documentId }) => documentId)).not.toContain(`boat${number}`);
  }
}

async function indexFiles(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.includes(".faiss"));
}
