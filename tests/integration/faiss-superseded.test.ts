import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { currentContent, nameContent } from "../../adapters/outbound/faiss/engine/content.ts";
import { Database } from "../../adapters/outbound/faiss/engine/database.ts";
import { Engine, type EngineEvents } from "../../adapters/outbound/faiss/engine/engine.ts";
import type { EmbedderIdentity, SearchRequest } from "../../adapters/outbound/faiss/engine/protocol.ts";
import type { EmbeddingPort, LearnedEmbeddingPort } from "../../domain/ports/embedding-port.ts";
import { failureOf, find, GULLS, put, unending, WHALES } from "../contract/corpus-contract-context.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { FakeLearnedEmbedding } from "../support/fakes/fake-learned-embedding.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const stays = () => false;
const quiet: EngineEvents = { retire() {}, due() {}, superseded() {}, failed() {} };

describe("A record whose corpus has another content", () => {
  it("takes no write any more, and says so, also to one that waited for its lock", async () => {
    const corpus = await temporaryFolder();
    const content = currentContent(corpus);
    const [one, other] = [await openRecord(corpus), await openRecord(corpus)];
    const count = () => one.get<{ count: number }>("SELECT count(*) AS count FROM removals")?.count;
    const remove = () => one.run("INSERT INTO removals VALUES (1, 1)");
    let waiting: Promise<unknown> = Promise.resolve();
    await other.write(() => {
      waiting = one.write(remove);
      waiting.catch(() => undefined);
      nameContent(corpus, `content-${randomUUID()}`);
    });
    expect(content.isCurrent()).toBe(false);
    await expect(waiting).rejects.toMatchObject({ name: "Superseded" });
    await expect(one.write(remove)).rejects.toMatchObject({ name: "Superseded" });
    expect(count()).toBe(0);
  });

  it("is searched as long as its engine is asked, but answers nothing else out of it", async () => {
    const { corpus, snapshot } = await corpusWithSnapshot(new FakeEmbedding());
    const engine = await openEngine(corpus, new FakeEmbedding());
    const { handlers } = engine;
    const found = () => handlers.search({ ...SEARCH, ranking: { mode: "sparse", denseWeight: 0 } }, stays);
    const removal = { token: randomUUID(), selection: { ids: ["whales"] } };
    await restore(corpus, snapshot);
    expect((await found()).passages).toHaveLength(1);
    for (const asked of [
      () => handlers.describe(null, stays),
      () => handlers.get({ id: "whales" }, stays),
      () => handlers.compare({ documents: [] }, stays),
      () => handlers.plan(null, stays),
      () => handlers.remove(removal, stays),
      () => handlers.put({ token: randomUUID(), content: "", documents: [] }, stays),
    ]) {
      await expect((async () => asked())()).rejects.toMatchObject({ name: "Superseded" });
    }
  });

  it("tells its engine's service, again and again", async () => {
    const { corpus, snapshot } = await corpusWithSnapshot(new FakeEmbedding());
    const told = Promise.withResolvers<void>();
    let times = 0;
    const superseded = () => {
      times += 1;
      if (times === 2) told.resolve();
    };
    await openEngine(corpus, new FakeEmbedding(), { ...quiet, superseded });
    await restore(corpus, snapshot);
    await told.promise;
  });
});

describe("A vector of a learned space", () => {
  it("is compared in no other content, though the spaces have the same number and dimensions there", async () => {
    const embedder = new FakeLearnedEmbedding();
    const { corpus, snapshot } = await corpusWithSnapshot(embedder);
    const before = await openEngine(corpus, embedder);
    await restore(corpus, snapshot);
    const after = await openEngine(corpus, embedder);
    const [old, next] = [before.space, after.space];
    expect(next).toEqual({ ...old, id: next?.id });
    const dense = { space: old?.id ?? "", vector: new Float32Array(old?.dimensions ?? 0).fill(0.01) };
    expect((await before.handlers.search({ ...SEARCH, dense }, stays)).passages).toHaveLength(1);
    expect(await after.handlers.search({ ...SEARCH, dense }, stays)).toEqual({ space: next });
    const space = old?.id ?? "";
    const gone = { name: "SpaceGone" };
    await expect(ask(() => after.handlers.readModel({ space, part: 0 }, stays))).rejects.toMatchObject(gone);
    const texts = { space, after: 0, limit: 1 };
    await expect(ask(() => after.handlers.textsToEmbed(texts, stays))).rejects.toMatchObject(gone);
    const vectors = { space, passages: [1], packed: dense.vector };
    await expect(ask(() => after.handlers.storeVectors(vectors, stays))).rejects.toMatchObject(gone);
    const begun = { content: "", dimensions: 8 };
    await expect(ask(() => after.handlers.beginSpace(begun, stays))).rejects.toMatchObject(gone);
    expect(await after.handlers.activateSpace({ space }, stays)).toBe("gone");
  });
});

describe("A put that a restore overtakes", () => {
  it("is compared again and put into the new content", async () => {
    const embedder = new FakeEmbedding();
    const { corpus, snapshot } = await corpusWithSnapshot(embedder);
    const opened = open(corpus, embedder);
    const held = embedder.hold();
    const putting = put(opened, GULLS);
    await held.reached;
    await opened.snapshots.restore(snapshot, unending());
    held.release();
    expect(await putting).toEqual({ added: 1, replaced: 0, unchanged: 0 });
    expect(await find(opened, "gull")).toHaveLength(1);
    expect((await opened.corpus.describe(unending())).documents).toBe(2);
  });
});

describe("A space that is being learned when a restore comes", () => {
  it("is given up, and the new content gets the one that it lacks", async () => {
    // An older embedder's space counts as none.
    const { snapshot } = await corpusWithSnapshot(new FakeLearnedEmbedding({ name: "fake/older" }));
    const learned = new FakeLearnedEmbedding();
    const [fitting, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: LearnedEmbeddingPort = {
      kind: "learned",
      name: learned.name,
      maxSample: learned.maxSample,
      open: (model, signal) => learned.open(model, signal),
      fit: async (sample, signal) => {
        fitting.resolve();
        await goOn.promise;
        return learned.fit(sample, signal);
      },
    };
    const opened = open(join(await temporaryFolder(), "other"), slow);
    await put(opened, GULLS);
    const settling = opened.corpus.settle(unending());
    await fitting.promise;
    await opened.snapshots.restore(snapshot, unending());
    goOn.resolve();
    await settling;
    expect(learned.samples.map((sample) => sample.join(" ").includes("gull"))).toEqual([true, false]);
    const found = await opened.retrieval.retrieve({ query: "whale", topK: 10 }, unending());
    expect(found.warnings).toEqual([]);
    expect(new Set(found.passages.map(({ documentId }) => documentId))).toEqual(new Set(["whales"]));
  });
});

describe("Contents that a corpus names no more", () => {
  it("go once the last process has closed them, and not before", async () => {
    const embedder = new FakeEmbedding();
    const { corpus, snapshot } = await corpusWithSnapshot(embedder);
    const engine = await openEngine(corpus, embedder);
    await restore(corpus, snapshot);
    expect(await readdir(corpus)).toContain("corpus.sqlite");
    expect(await find(open(corpus, embedder), "whale")).toHaveLength(1);
    await engine.close();
    const name = (await readFile(join(corpus, "current"), "utf8")).trim();
    expect((await readdir(corpus)).toSorted()).toEqual([name, "current"].toSorted());
  });
});

describe("A restore", () => {
  it("mends a corpus whose record is no database any more", async () => {
    const embedder = new FakeEmbedding();
    const { snapshot } = await corpusWithSnapshot(embedder);
    const corpus = join(await temporaryFolder(), "broken");
    await mkdir(corpus);
    await writeFile(join(corpus, "corpus.sqlite"), "no database at all, not by any means".repeat(200));
    const opened = open(corpus, embedder);
    expect(await failureOf(opened.corpus.describe(unending()))).toMatchObject({ code: "storage-failed" });
    await opened.snapshots.restore(snapshot, unending());
    expect(await find(opened, "whale")).toHaveLength(1);
  });

  it("mends a corpus of which it cannot be told what it holds", async () => {
    const embedder = new FakeEmbedding();
    const { corpus, snapshot } = await corpusWithSnapshot(embedder);
    await writeFile(join(corpus, "current"), "../elsewhere\n");
    const opened = open(corpus, embedder);
    const failure = await failureOf(opened.corpus.describe(unending()));
    expect(failure).toMatchObject({ code: "storage-failed", message: expect.stringContaining("restore a snapshot") });
    await opened.snapshots.restore(snapshot, unending());
    expect(await find(opened, "whale")).toHaveLength(1);
  });

  it("refuses a snapshot of another embedder, names both, and changes nothing", async () => {
    const { snapshot } = await corpusWithSnapshot(new FakeEmbedding({ dimensions: 64 }));
    for (const embedder of [new FakeEmbedding({ dimensions: 32 }), new FakeLearnedEmbedding()]) {
      const opened = open(join(await temporaryFolder(), "other"), embedder);
      await put(opened, GULLS);
      const failure = await failureOf(opened.snapshots.restore(snapshot, unending()));
      expect(failure.code).toBe("embedder-mismatch");
      expect(failure.message).toContain("fake/words/64 (64 dimensions)");
      expect(failure.message).toContain(embedder.name);
      expect(await find(opened, "gull")).toHaveLength(1);
    }
  });

  it("that has only just begun its folder keeps it while the corpus is opened", async () => {
    const corpus = join(await temporaryFolder(), "corpus");
    const begun = join(corpus, `content-${randomUUID()}`);
    await mkdir(begun, { recursive: true });
    const opened = openFaiss({ directory: corpus });
    await opened.corpus.describe(unending());
    await opened.close();
    expect(existsSync(begun)).toBe(true);
  });

  it("takes a snapshot of another learned embedder, whose space is learned anew", async () => {
    const { snapshot } = await corpusWithSnapshot(new FakeLearnedEmbedding({ name: "fake/older" }));
    const newer = new FakeLearnedEmbedding({ name: "fake/newer" });
    const opened = open(join(await temporaryFolder(), "other"), newer);
    await opened.snapshots.restore(snapshot, unending());
    expect(await find(opened, "whale")).toHaveLength(1);
    await opened.corpus.settle(unending());
    expect((await opened.corpus.describe(unending())).embedder?.name).toBe("fake/newer");
  });
});

const SEARCH: SearchRequest = { query: "whale", topK: 1, ranking: { mode: "dense", denseWeight: 1 } };

async function ask<Value>(handler: () => Value): Promise<Awaited<Value>> {
  return await handler();
}

async function openRecord(corpus: string): Promise<Database> {
  const record = await Database.open(join(corpus, "corpus.sqlite"), currentContent(corpus));
  onTestFinished(() => record.close());
  return record;
}

function open(directory: string, embedder: EmbeddingPort | LearnedEmbeddingPort): OpenFaiss {
  const opened = openFaiss({ directory, embedder });
  onTestFinished(() => opened.close());
  return opened;
}

/** A corpus that nobody has open, with the whales in it, and a snapshot of it. */
async function corpusWithSnapshot(embedder: EmbeddingPort | LearnedEmbeddingPort) {
  const folder = await temporaryFolder();
  const [corpus, snapshot] = [join(folder, "corpus"), join(folder, "snapshot")];
  const opened = openFaiss({ directory: corpus, embedder });
  await put(opened, WHALES);
  await opened.snapshots.create(snapshot, unending());
  await opened.close();
  return { corpus, snapshot, embedder };
}

/** An engine in this very process. */
async function openEngine(
  directory: string,
  embedder: EmbeddingPort | LearnedEmbeddingPort,
  events = quiet,
): Promise<Engine> {
  const { kind, name } = embedder;
  const identity: EmbedderIdentity =
    kind === "fixed" ? { kind, name, dimensions: embedder.dimensions } : { kind, name };
  const settings = { directory, embedder: identity, flatBelow: 100, retireAfterSearches: 1_000, useIndexFiles: true };
  const engine = await Engine.open(settings, events);
  onTestFinished(() => engine.close().catch(() => undefined));
  return engine;
}

/** From a process of its own. */
async function restore(corpus: string, snapshot: string): Promise<void> {
  const { runSnapshotTask } = await import("../../adapters/outbound/faiss/snapshot-process.ts");
  const embedder = JSON.parse(await readFile(join(snapshot, "manifest.json"), "utf8")).embedder;
  const task = { directory: snapshot, corpus, content: `content-${randomUUID()}`, embedder };
  await runSnapshotTask("restore", task, unending());
}
