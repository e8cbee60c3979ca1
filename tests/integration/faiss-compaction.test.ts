import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import { unending } from "../contract/corpus-contract-context.ts";
import { inOneChunk } from "../support/chunked.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { processEnd } from "../support/process-end.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const DOCUMENTS = 400;
/** Documents that stay, every twentieth. */
const KEPT = Array.from({ length: DOCUMENTS / 20 }, (_, index) => documentOf(index * 20));
const GOING = { op: "eq", field: "goes", value: true } as const;

function documentOf(number: number): SourceDocument {
  const filler = Array.from({ length: 60 }, (_, index) => `word${number * 60 + index}`).join(" ");
  return { id: `${number}`, text: `needle${number} ${filler}`, metadata: { goes: number % 20 !== 0 } };
}

function open(directory: string): OpenFaiss {
  const opened = openFaiss({
    directory,
    embedder: new FakeEmbedding({ dimensions: 1_024 }),
    options: { flat_below: 100 },
  });
  onTestFinished(() => opened.close());
  return opened;
}

/** A corpus with all documents, everything of it on disk. */
async function filled() {
  const directory = await temporaryFolder();
  const opened = open(directory);
  for (let start = 0; start < DOCUMENTS; start += 100) {
    const batch = Array.from({ length: 100 }, (_, index) => inOneChunk(documentOf(start + index)));
    await opened.corpus.put(batch, unending());
  }
  await opened.corpus.settle(unending());
  return { directory, opened };
}

function fileBytes(directory: string): number {
  return statSync(join(directory, "corpus.sqlite")).size;
}

/** Bytes of the record, of which some may still stand in its log. */
function recordBytes(directory: string): number {
  const record = new DatabaseSync(join(directory, "corpus.sqlite"), { readOnly: true });
  const number = (name: string) => Number(record.prepare(`PRAGMA ${name}`).get()?.[name]);
  const bytes = number("page_count") * number("page_size");
  record.close();
  return bytes;
}

/** Finds one of the documents that stay, and none of those that went. */
async function expectFound({ retrieval }: OpenFaiss, round: number): Promise<void> {
  const kept = KEPT[round % KEPT.length];
  const { passages } = await retrieval.retrieve({ query: kept?.text ?? "", topK: 100 }, unending());
  expect(passages[0]?.documentId).toBe(kept?.id);
  expect(passages.filter(({ metadata }) => metadata?.goes === true)).toEqual([]);
}

async function expectWhole(opened: OpenFaiss, directory: string): Promise<void> {
  expect(await opened.corpus.describe(unending())).toMatchObject({ documents: KEPT.length, passages: KEPT.length });
  for (const [index, document] of KEPT.entries()) {
    expect(await opened.corpus.get(document.id, unending())).toEqual(document);
    await expectFound(opened, index);
  }
  const record = new DatabaseSync(join(directory, "corpus.sqlite"), { readOnly: true });
  onTestFinished(() => record.close());
  expect(record.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
}

describe("The record after a large removal", () => {
  it("gives its space back while searches are answered", async () => {
    const { directory, opened } = await filled();
    const before = recordBytes(directory);
    expect(await opened.corpus.removeMatching(GOING, unending())).toBe(DOCUMENTS - KEPT.length);
    for (let round = 0; fileBytes(directory) > before / 4; round++) await expectFound(opened, round);
    await opened.corpus.settle(unending());
    expect(fileBytes(directory)).toBeLessThan(before / 4);
    await expectWhole(opened, directory);
  });

  it("loses nothing where its engine is killed in between, and goes on with the next one", async () => {
    const { directory, opened } = await filled();
    const before = recordBytes(directory);
    await opened.corpus.removeMatching(GOING, unending());
    for (let kill = 0; kill < 4; kill++) {
      for (let round = 0; round < kill * 3; round++) await expectFound(opened, round);
      const { pid = 0 } = opened.engine;
      process.kill(pid, "SIGKILL");
      await processEnd(pid);
      await expectFound(opened, kill);
    }
    for (let round = 0; fileBytes(directory) > before / 2; round++) await expectFound(opened, round);
    await expectWhole(opened, directory);
  });

  it("learns to give space back where an older version has made it", async () => {
    const { directory, opened } = await filled();
    await opened.close();
    const older = new DatabaseSync(join(directory, "corpus.sqlite"));
    older.exec("PRAGMA auto_vacuum = NONE; VACUUM");
    expect(older.prepare("PRAGMA auto_vacuum").get()).toEqual({ auto_vacuum: 0 });
    older.close();
    const again = open(directory);
    const before = recordBytes(directory);
    await again.corpus.removeMatching(GOING, unending());
    await again.corpus.settle(unending());
    expect(fileBytes(directory)).toBeLessThan(before / 4);
    await expectWhole(again, directory);
  });
});
