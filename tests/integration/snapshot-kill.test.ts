import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SnapshotTask } from "../../adapters/outbound/faiss/snapshot/task.ts";
import { verifySnapshot } from "../../adapters/outbound/faiss/snapshots.ts";
import { unending } from "../contract/corpus-contract-context.ts";
import { chunked } from "../support/chunked.ts";
import { type OpenFaiss, openFaiss } from "../support/faiss.ts";
import { FakeEmbedding } from "../support/fakes/fake-embedding.ts";
import { runAndKill } from "../support/snapshot-task.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomNumbers } from "../support/vectors.ts";

const KILLS = Number(process.env.PHAROS_TEST_KILLS ?? 8);
const DOCUMENTS = 30;
const EMBEDDER = new FakeEmbedding({ dimensions: 256 });

describe("A process that is killed", { timeout: 60_000 + KILLS * 10_000 }, () => {
  it(`while it makes a snapshot leaves a whole one or none, ${KILLS} times over`, async () => {
    const folder = await temporaryFolder();
    const corpus = join(folder, "corpus");
    await fill(open(corpus), "A");
    const parent = join(folder, "snapshots");
    await mkdir(parent);
    const create = (number: string | number) => {
      const directory = join(parent, `snapshot-${number}`);
      const temporary = join(parent, `.snapshot-${number}.incomplete-${randomUUID()}`);
      return { name: "create", task: { corpus, corpusName: "corpus", version: "0", directory, temporary } } as const;
    };
    const changes = await runAndKill(create("whole"), parent, Number.POSITIVE_INFINITY);
    const random = randomNumbers(20261126);
    let none = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const { name, task } = create(kill);
      await runAndKill({ name, task }, parent, 1 + Math.floor(random() * changes));
      const { directory } = task;
      if (existsSync(directory)) expect((await verifySnapshot(directory, unending())).problems).toEqual([]);
      else none += 1;
    }
    expect(none).toBeGreaterThan(0);
    const opened = open(corpus);
    const made = await opened.snapshots.create(join(parent, "last"), unending());
    expect(made).toMatchObject({ documents: DOCUMENTS });
    await opened.close();
  });

  it(`while it restores one leaves the old corpus or the new one, whole, and what it left behind goes, ${KILLS} times over`, async () => {
    const folder = await temporaryFolder();
    const corpus = join(folder, "corpus");
    const snapshots = { A: join(folder, "A"), B: join(folder, "B") };
    for (const version of ["A", "B"] as const) await fill(open(corpus), version, snapshots[version]);
    const restore = (version: "A" | "B"): SnapshotTask => {
      const content = `content-${randomUUID()}`;
      const embedder = { kind: EMBEDDER.kind, name: EMBEDDER.name, dimensions: EMBEDDER.dimensions } as const;
      return { name: "restore", task: { directory: snapshots[version], corpus, content, embedder } };
    };
    let held = "B";
    let generation = 0;
    const changes = await runAndKill(restore("A"), corpus, Number.POSITIVE_INFINITY);
    held = await versionOf(open(corpus));
    expect(held).toBe("A");
    const random = randomNumbers(7);
    for (let kill = 0; kill < KILLS; kill++) {
      const next = held === "A" ? "B" : "A";
      await runAndKill(restore(next), corpus, 1 + Math.floor(random() * changes));
      const opened = open(corpus);
      const there = await versionOf(opened, false);
      const described = await opened.corpus.describe(unending());
      expect(described.generation).toBeGreaterThan(there === held ? generation - 1 : generation);
      await opened.corpus.put([chunked({ id: "one-more", text: `One more ${kill}.` })], unending());
      expect(await opened.corpus.remove(["one-more"], unending())).toBe(1);
      generation = (await opened.corpus.describe(unending())).generation;
      held = there;
      await opened.close();
    }
    const contents = (await readdir(corpus)).filter((entry) => entry.startsWith("content-"));
    for (const content of contents) await age(join(corpus, content));
    await open(corpus).close();
    expect((await readdir(corpus)).filter((entry) => entry.startsWith("content-"))).toHaveLength(1);
    expect(await versionOf(open(corpus))).toBe(held);
  });
});

function open(directory: string): OpenFaiss {
  const opened = openFaiss({ directory, embedder: EMBEDDER });
  onTestFinished(() => opened.close());
  return opened;
}

/** Gives the corpus the documents of this version and closes it, after it has made a snapshot where asked. */
async function fill({ corpus, snapshots, close }: OpenFaiss, version: string, snapshot?: string): Promise<void> {
  const documents = Array.from({ length: DOCUMENTS }, (_, index) => ({
    id: `boat${index}`,
    text: `This is boat${index} as ${version} has it.`,
    metadata: { version },
  }));
  await corpus.put(documents.map(chunked), unending());
  if (snapshot !== undefined) await snapshots.create(snapshot, unending());
  await close();
}

/** The version that all documents are of, in the record and in the search. */
async function versionOf({ corpus, retrieval, close }: OpenFaiss, closes = true): Promise<string> {
  const versions = new Set<unknown>();
  for (let index = 0; index < DOCUMENTS; index++) {
    versions.add((await corpus.get(`boat${index}`, unending()))?.metadata?.version);
  }
  const { passages } = await retrieval.retrieve({ query: "this is boat3", topK: 100 }, unending());
  for (const { metadata } of passages) versions.add(metadata?.version);
  expect(passages).toHaveLength(DOCUMENTS);
  expect([...versions]).toHaveLength(1);
  expect((await corpus.describe(unending())).documents).toBe(DOCUMENTS);
  if (closes) await close();
  return String([...versions][0]);
}

/** Makes the folder and its files two hours old. */
async function age(folder: string): Promise<void> {
  const then = new Date(Date.now() - 7_200_000);
  for (const entry of await readdir(folder)) await utimes(join(folder, entry), then, then);
  await utimes(folder, then, then);
}
