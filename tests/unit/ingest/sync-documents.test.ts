import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DocumentReader } from "../../../adapters/outbound/documents/document-reader.ts";
import { IngestDocuments } from "../../../application/ingest-documents.ts";
import { type PlannedChange, SyncDocuments, type SyncRequest } from "../../../application/sync-documents.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { fakeAdapters } from "../../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { FakeCorpus } from "../../support/fakes/fake-corpus.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const never = new AbortController().signal;

/** A folder with these files, and a corpus that is to mirror it. */
async function mirror(files: Readonly<Record<string, string>> = {}) {
  const folder = join(await temporaryFolder(), "docs");
  await mkdir(folder);
  const write = async (written: Readonly<Record<string, string>>) => {
    for (const [name, content] of Object.entries(written)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
  };
  await write(files);
  const corpus = new FakeCorpus();
  const adapters = fakeAdapters({ completion: new FakeCompletion(), retrieval: corpus, corpus });
  const parts = [adapters, new DocumentReader(), wordTokenizer, { targetTokens: 16, maxTokens: 24 }] as const;
  const sync = new SyncDocuments(...parts);
  const run = (request: Partial<SyncRequest> = {}, planned: PlannedChange[] = []) =>
    sync.sync({ corpus: "fake", paths: [folder], ...request }, never, { planned: (change) => planned.push(change) });
  const there = async (...ids: readonly string[]) => {
    const found = await Promise.all(ids.map((id) => corpus.get(id, never)));
    return ids.filter((_, index) => found[index] !== undefined);
  };
  return { folder, write, corpus, sync, run, there, documents: new IngestDocuments(...parts) };
}

const row = (id: string, text = `Text of ${id}.`) => JSON.stringify({ id, text });

describe("sync", () => {
  it("adds what is new, replaces what changed, removes what is gone, and then has nothing to do", async () => {
    const { folder, write, run, there } = await mirror({ "a.md": "A.", "b.md": "B.", "sub/c.md": "C." });
    expect(await run()).toEqual({ added: 3, replaced: 0, unchanged: 0, removed: 0, failed: 0, failures: [] });
    await write({ "b.md": "B changed.", "d.md": "D." });
    await rm(join(folder, "sub"), { recursive: true });
    expect(await run()).toMatchObject({ added: 1, replaced: 1, unchanged: 1, removed: 1, failed: 0 });
    expect(await there("docs/a.md", "docs/b.md", "docs/sub/c.md", "docs/d.md")).toEqual([
      "docs/a.md",
      "docs/b.md",
      "docs/d.md",
    ]);
    expect(await run()).toMatchObject({ added: 0, replaced: 0, unchanged: 3, removed: 0 });
  });

  it("removes the rows that a JSONL file no longer holds, and follows one that moves to another file", async () => {
    const { write, run, there } = await mirror({
      "a.jsonl": [row("x"), row("y"), row("z")].join("\n"),
      "b.jsonl": row("w"),
    });
    await run();
    await write({ "a.jsonl": row("x"), "b.jsonl": [row("w"), row("z")].join("\n") });
    expect(await run()).toMatchObject({ added: 0, replaced: 1, unchanged: 2, removed: 1 });
    expect(await there("x", "y", "z", "w")).toEqual(["x", "z", "w"]);
  });

  it("adopts what ingest has read, since both know where from", async () => {
    const { folder, documents, run, there } = await mirror({ "a.md": "A.", "b.md": "B." });
    await documents.ingest({ corpus: "fake", paths: [folder] }, never);
    await rm(join(folder, "b.md"));
    expect(await run()).toMatchObject({ unchanged: 1, removed: 1 });
    expect(await there("docs/a.md", "docs/b.md")).toEqual(["docs/a.md"]);
  });

  it("leaves alone what callers put and what other roots hold, even under an id of a file that is gone", async () => {
    const { folder, documents, run, there } = await mirror({ "a.md": "A.", "b.md": "B." });
    const other = await mirror({ "a.md": "Other A." });
    await documents.ingest({ corpus: "fake", paths: [join(other.folder, "a.md")] }, never);
    await documents.put("fake", { id: "put", text: "Put." }, never);
    await run();
    await documents.put("fake", { id: "docs/b.md", text: "Put over it." }, never);
    await rm(join(folder, "b.md"));
    expect(await run()).toMatchObject({ removed: 0, unchanged: 1 });
    expect(await there("a.md", "put", "docs/a.md", "docs/b.md")).toEqual(["a.md", "put", "docs/a.md", "docs/b.md"]);
  });

  it("keeps the documents of a file that cannot be read now, reports it, and goes on with the others", async () => {
    const { folder, write, run, there } = await mirror({
      "a.md": "A.",
      "rows.jsonl": [row("x"), row("y")].join("\n"),
      "sub/b.md": "B.",
      "c.md": "C.",
    });
    await run();
    await write({ "a.md": "", "rows.jsonl": `${row("x")}\nbroken` });
    await rm(join(folder, "sub"), { recursive: true });
    await symlink(join(folder, "nowhere"), join(folder, "sub"));
    await rm(join(folder, "c.md"));
    const report = await run();
    expect(report).toMatchObject({ unchanged: 1, removed: 1, failed: 3 });
    expect(report.failures.map(({ source }) => source)).toEqual(
      ["a.md", "rows.jsonl:2", "sub"].map((file) => join(folder, file)),
    );
    const ids = ["docs/a.md", "x", "y", "docs/sub/b.md"];
    expect(await there(...ids, "docs/c.md")).toEqual(ids);
  });

  it("refuses a root that is not there, before it does anything, unless it may be empty", async () => {
    const { folder, run, write, there } = await mirror({ "a.md": "A." });
    const other = await mirror({ "b.md": "B." });
    await run();
    await write({ "new.md": "New." });
    await rename(folder, `${folder}-away`);
    const paths = [other.folder, folder];
    await expect(run({ paths })).rejects.toMatchObject({ code: "not-found" });
    expect(await there("docs/a.md", "docs/b.md")).toEqual(["docs/a.md"]);
    expect(await run({ paths, allowEmpty: true })).toMatchObject({ added: 1, removed: 1 });
    expect(await there("docs/a.md", "docs/b.md")).toEqual(["docs/b.md"]);
  });

  it("refuses a root that has suddenly no document, unless it may be empty", async () => {
    const { folder, run, there } = await mirror({ "a.md": "A.", "b.md": "B." });
    await run();
    await rm(folder, { recursive: true });
    await mkdir(folder);
    const error = await run().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ code: "invalid-request", message: expect.stringContaining("2 of it") });
    expect(await there("docs/a.md", "docs/b.md")).toHaveLength(2);
    expect(await run({ allowEmpty: true })).toMatchObject({ removed: 2 });
    expect(await run()).toMatchObject({ removed: 0 });
  });

  it("says in a dry run what it would do, and does nothing", async () => {
    const { folder, write, run, corpus } = await mirror({ "a.md": "A.", "b.md": "B.", "c.md": "C." });
    await run();
    const before = await corpus.describe(never);
    await write({ "b.md": "B changed.", "d.md": "D." });
    await rm(join(folder, "c.md"));
    const planned: PlannedChange[] = [];
    const report = await run({ dryRun: true }, planned);
    expect(report).toMatchObject({ added: 1, replaced: 1, unchanged: 1, removed: 1 });
    expect(planned).toEqual([
      { kind: "replaced", id: "docs/b.md" },
      { kind: "added", id: "docs/d.md" },
      { kind: "removed", id: "docs/c.md" },
    ]);
    expect(await corpus.describe(never)).toEqual(before);
    expect(await run()).toEqual(report);
  });

  it("takes several roots in one run, each once, and a single file", async () => {
    const { folder, write, run, there } = await mirror({ "a.md": "A.", "rows.jsonl": row("x") });
    const file = join(folder, "rows.jsonl");
    const paths = [folder, `${folder}/`, file];
    expect(await run({ paths })).toMatchObject({ added: 2, failed: 1 });
    await write({ "rows.jsonl": row("y") });
    expect(await run({ paths: [folder] })).toMatchObject({ added: 1, unchanged: 1, removed: 1 });
    expect(await run({ paths: [file] })).toMatchObject({ replaced: 1, removed: 0 });
    await write({ "rows.jsonl": row("z") });
    expect(await run({ paths: [file] })).toMatchObject({ added: 1, removed: 1 });
    expect(await there("x", "y", "z")).toEqual(["z"]);
  });

  it("completes what a cancelled run has begun", async () => {
    const { folder, write, run, sync, corpus, there } = await mirror({ "a.md": "A.", "b.md": "B." });
    await run();
    await rm(join(folder, "a.md"));
    await write({ "c.md": "C." });
    const caller = new AbortController();
    const held = corpus.hold();
    const cancelled = sync.sync({ corpus: "fake", paths: [folder] }, caller.signal);
    await held.reached;
    caller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    held.release();
    expect(await there("docs/a.md", "docs/c.md")).toEqual(["docs/a.md"]);
    expect(await run()).toMatchObject({ added: 1, unchanged: 1, removed: 1 });
  });

  it("removes more documents than one removal names", async () => {
    const rows = Array.from({ length: 1_500 }, (_, index) => row(`r${index}`));
    const { write, run, corpus } = await mirror({ "rows.jsonl": rows.join("\n") });
    await run();
    await write({ "rows.jsonl": row("r7") });
    expect(await run()).toMatchObject({ unchanged: 1, removed: 1_499 });
    expect(await corpus.describe(never)).toMatchObject({ documents: 1 });
  });
});
