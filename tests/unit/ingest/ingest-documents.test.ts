import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DocumentReader } from "../../../adapters/outbound/documents/document-reader.ts";
import { IngestDocuments, type IngestProgress } from "../../../application/ingest-documents.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { ChunkedDocument, PutReport } from "../../../domain/ports/corpus-port.ts";
import { fakeAdapters } from "../../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { FakeCorpus } from "../../support/fakes/fake-corpus.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const never = new AbortController().signal;

/** Remembers the ids of each batch that it was given, and counts the puts that are under way. */
class RecordingCorpus extends FakeCorpus {
  readonly batches: string[][] = [];
  underWay = 0;
  mostUnderWay = 0;

  override async put(documents: readonly ChunkedDocument[], signal: AbortSignal): Promise<PutReport> {
    this.batches.push(documents.map(({ document }) => document.id));
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      return await super.put(documents, signal);
    } finally {
      this.underWay -= 1;
    }
  }
}

function ingestion(corpus = new RecordingCorpus()) {
  const adapters = fakeAdapters({ completion: new FakeCompletion(), retrieval: corpus, corpus });
  const documents = new IngestDocuments(adapters, new DocumentReader(), wordTokenizer, {
    targetTokens: 16,
    maxTokens: 24,
  });
  return { corpus, documents };
}

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await temporaryFolder(), "docs");
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const jsonl = (...ids: readonly string[]) => ids.map((id) => JSON.stringify({ id, text: `Text of ${id}.` })).join("\n");

describe("putAll", () => {
  it("puts the documents in batches, and reports those that cannot be put", async () => {
    const { corpus, documents } = ingestion();
    const given = Array.from({ length: 20 }, (_, index) => ({ id: `${index}`, text: index === 3 ? " " : "A boat." }));
    const report = await documents.putAll("fake", given, never);
    expect(report).toMatchObject({ added: 19, failed: 1, failures: [{ source: "3" }] });
    expect(corpus.batches.map(({ length }) => length)).toEqual([16, 3]);
    await expect(documents.putAll("nobody", given, never)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("ingest", () => {
  it("adds documents, finds them unchanged the next time, and replaces what changed", async () => {
    const { corpus, documents } = ingestion();
    const folder = await folderOf({ "a.md": "# One\n\nFirst.\n\n# Two\n\nSecond.", "b.txt": "Third." });
    const run = () => documents.ingest({ corpus: "fake", paths: [folder] }, never);
    expect(await run()).toEqual({ added: 2, replaced: 0, unchanged: 0, failed: 0, failures: [] });
    expect(await corpus.describe(never)).toEqual({ documents: 2, passages: 3, generation: 1 });
    expect(await run()).toMatchObject({ added: 0, replaced: 0, unchanged: 2 });
    expect(await corpus.describe(never)).toMatchObject({ generation: 1 });
    await writeFile(join(folder, "b.txt"), "Changed.");
    expect(await run()).toMatchObject({ added: 0, replaced: 1, unchanged: 1 });
  });

  it("reports each thing that fails in one line, and goes on", async () => {
    const { documents } = ingestion();
    const folder = await folderOf({ "a.md": "", "b.jsonl": `${jsonl("x")}\nbroken\n${jsonl("y")}`, "c.md": "Good." });
    const report = await documents.ingest({ corpus: "fake", paths: [folder] }, never);
    expect(report).toEqual({
      added: 3,
      replaced: 0,
      unchanged: 0,
      failed: 2,
      failures: [
        { source: join(folder, "a.md"), reason: "The file is empty." },
        { source: `${join(folder, "b.jsonl")}:2`, reason: "The line is not valid JSON." },
      ],
    });
  });

  it("keeps the first document of an id that comes twice, so that the next run finds it unchanged", async () => {
    const { corpus, documents } = ingestion();
    const folder = await folderOf({ "a.jsonl": '{"id":"x","text":"First."}\n{"id":"x","text":"Second."}' });
    const run = () => documents.ingest({ corpus: "fake", paths: [folder] }, never);
    expect(await run()).toMatchObject({
      added: 1,
      failed: 1,
      failures: [{ source: `${join(folder, "a.jsonl")} (x)`, reason: expect.stringContaining('"x"') }],
    });
    expect(await run()).toMatchObject({ replaced: 0, unchanged: 1, failed: 1 });
    expect(await corpus.get("x", never)).toMatchObject({ text: "First." });
  });

  it("reads tables by the fields that the request names", async () => {
    const { corpus, documents } = ingestion();
    const folder = await folderOf({ "a.csv": "sku,body\nx,First.\n" });
    const request = { corpus: "fake", paths: [folder], fields: { id: "sku", text: ["body"] } };
    expect(await documents.ingest(request, never)).toMatchObject({ added: 1, failed: 0 });
    expect(await corpus.get("x", never)).toMatchObject({ text: "First." });
  });

  it("puts no more documents at once than the corpus takes", async () => {
    const { corpus, documents } = ingestion(new RecordingCorpus({ maxBatch: 2 }));
    const folder = await folderOf({ "a.jsonl": jsonl("a", "b", "c", "d", "e") });
    expect(await documents.ingest({ corpus: "fake", paths: [folder] }, never)).toMatchObject({ added: 5 });
    expect(corpus.batches).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  });

  it("puts no more text at once than two million characters, but a longer document by itself", async () => {
    const { corpus, documents } = ingestion();
    const sized = (id: string, characters: number) => JSON.stringify({ id, text: "x".padEnd(characters) });
    const lines = [
      sized("a", 80),
      sized("b", 2_500_000),
      sized("c", 1_500_000),
      sized("d", 400_000),
      sized("e", 400_000),
    ];
    const folder = await folderOf({ "a.jsonl": lines.join("\n") });
    expect(await documents.ingest({ corpus: "fake", paths: [folder] }, never)).toMatchObject({ added: 5 });
    expect(corpus.batches).toEqual([["a"], ["b"], ["c", "d"], ["e"]]);
  });

  it("puts a batch one by one where a document is to blame, and reports the one that is", async () => {
    const { corpus, documents } = ingestion();
    corpus.failNext(new ServiceError("content-refused", "The batch was declined."));
    corpus.failNext(new ServiceError("content-refused", "The text was declined."));
    const folder = await folderOf({ "a.jsonl": jsonl("a", "b", "c") });
    expect(await documents.ingest({ corpus: "fake", paths: [folder] }, never)).toMatchObject({
      added: 2,
      failed: 1,
      failures: [{ source: `${join(folder, "a.jsonl")} (a)`, reason: "The text was declined." }],
    });
    expect(corpus.batches).toEqual([["a", "b", "c"], ["a"], ["b"], ["c"]]);
  });

  it("ends with any other failure of the corpus, and keeps what was put before", async () => {
    const { corpus, documents } = ingestion(new RecordingCorpus({ maxBatch: 1 }));
    const folder = await folderOf({ "a.jsonl": jsonl("a") });
    await documents.ingest({ corpus: "fake", paths: [folder] }, never);
    corpus.failNext(new ServiceError("storage-failed", "The disk is full."));
    const again = documents.ingest({ corpus: "fake", paths: [folder] }, never);
    await expect(again).rejects.toMatchObject({ code: "storage-failed" });
    expect(await corpus.describe(never)).toMatchObject({ documents: 1 });
  });

  it("puts four batches at once, and tells when all are put", async () => {
    const { corpus, documents } = ingestion(new RecordingCorpus({ maxBatch: 1 }));
    const held = corpus.hold();
    const folder = await folderOf({ "a.jsonl": jsonl("a", "b", "c", "d", "e", "f") });
    const run = documents.ingest({ corpus: "fake", paths: [folder] }, never);
    await expect.poll(() => corpus.underWay).toBe(4);
    held.release();
    expect(await run).toMatchObject({ added: 6 });
    expect(corpus).toMatchObject({ mostUnderWay: 4, underWay: 0 });
  });

  it("ends with a failure once no put is under way", async () => {
    const { corpus, documents } = ingestion(new RecordingCorpus({ maxBatch: 1 }));
    const held = corpus.hold();
    corpus.failNext(new ServiceError("storage-failed", "The disk is full."));
    const folder = await folderOf({ "a.jsonl": jsonl("a", "b", "c", "d", "e", "f") });
    const run = documents.ingest({ corpus: "fake", paths: [folder] }, never);
    await expect.poll(() => corpus.underWay).toBe(4);
    held.release();
    await expect(run).rejects.toMatchObject({ code: "storage-failed" });
    expect(corpus.underWay).toBe(0);
    expect(await corpus.describe(never)).toMatchObject({ documents: 3 });
  });

  it("throws where a path or the corpus is not there", async () => {
    const { documents } = ingestion();
    const paths = [join(await temporaryFolder(), "missing")];
    await expect(documents.ingest({ corpus: "fake", paths }, never)).rejects.toMatchObject({ code: "not-found" });
    await expect(documents.ingest({ corpus: "other", paths }, never)).rejects.toMatchObject({ code: "not-found" });
  });

  it("tells of its stages, their shares never falling", async () => {
    const { documents } = ingestion();
    const folder = await folderOf({ "a.md": "a", "b.md": "", "c.md": "c" });
    const progress: IngestProgress[] = [];
    await documents.ingest({ corpus: "fake", paths: [folder] }, never, (step) => progress.push(step));
    expect(progress.at(0)).toEqual({ stage: "store", share: 0, documents: 0, failed: 0 });
    expect(progress.at(-1)).toEqual({ stage: "settle", share: 1, documents: 2, failed: 1 });
    const positions = progress.map(({ stage, share }) => (stage === "store" ? 0 : 1) + share);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    expect(positions).toContain(1);
  });

  it("does not wait for the index where that is not wanted", async () => {
    const { documents } = ingestion();
    const folder = await folderOf({ "a.md": "a" });
    const stages = new Set<string>();
    await documents.ingest({ corpus: "fake", paths: [folder], settle: false }, never, ({ stage }) => stages.add(stage));
    expect([...stages]).toEqual(["store"]);
  });

  it("ends when the caller aborts it, in the middle of a put too", async () => {
    const { corpus, documents } = ingestion();
    const folder = await folderOf({ "a.md": "a" });
    const held = corpus.hold();
    const caller = new AbortController();
    const run = documents.ingest({ corpus: "fake", paths: [folder] }, caller.signal);
    await held.reached;
    caller.abort();
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
    await held.stopped;
  });

  it("reads nothing where nothing is left to read", async () => {
    const { documents } = ingestion();
    const folder = await folderOf({});
    await rm(folder, { recursive: true });
    await mkdir(folder);
    const report = await documents.ingest({ corpus: "fake", paths: [folder] }, never);
    expect(report).toEqual({ added: 0, replaced: 0, unchanged: 0, failed: 0, failures: [] });
  });
});

describe("put, get and remove", () => {
  const document = { id: "a", title: "The lamp", text: "# Lamp\n\nIt is lit at dusk.", metadata: { year: 1850 } };

  it("adds, finds, replaces and removes one document", async () => {
    const { documents } = ingestion();
    expect(await documents.put("fake", document, never)).toEqual({ added: 1, replaced: 0, unchanged: 0 });
    expect(await documents.put("fake", document, never)).toEqual({ added: 0, replaced: 0, unchanged: 1 });
    expect(await documents.get("fake", "a", undefined, never)).toEqual(document);
    expect(await documents.put("fake", { ...document, text: "Out." }, never)).toMatchObject({ replaced: 1 });
    await documents.remove("fake", "a", undefined, never);
    await expect(documents.get("fake", "a", undefined, never)).rejects.toMatchObject({ code: "not-found" });
  });

  it("says not-found for a document or corpus that is not there", async () => {
    const { documents } = ingestion();
    await expect(documents.remove("fake", "a", undefined, never)).rejects.toMatchObject({ code: "not-found" });
    await expect(documents.get("fake", "a", undefined, never)).rejects.toMatchObject({ code: "not-found" });
    await expect(documents.put("other", document, never)).rejects.toMatchObject({ code: "not-found" });
    await expect(documents.remove("other", "a", undefined, never)).rejects.toMatchObject({ code: "not-found" });
  });

  it("refuses a text of white space, by its field", async () => {
    const { documents } = ingestion();
    const put = documents.put("fake", { id: "a", text: " \n " }, never);
    await expect(put).rejects.toMatchObject({ code: "invalid-request", problems: [{ field: "text" }] });
  });

  it("stores half a surrogate pair as what can be stored, so that a second put changes nothing", async () => {
    const { documents } = ingestion();
    const torn = { id: "a", title: "\udc00", text: "x\ud83dy" };
    await documents.put("fake", torn, never);
    expect(await documents.get("fake", "a", undefined, never)).toEqual({ id: "a", title: "\ufffd", text: "x\ufffdy" });
    expect(await documents.put("fake", torn, never)).toMatchObject({ unchanged: 1 });
  });
});
