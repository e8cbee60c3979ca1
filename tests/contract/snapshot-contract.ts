import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SourceDocument } from "../../domain/document.ts";
import type { SnapshotCheck, SnapshotPort } from "../../domain/ports/snapshot-port.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { CRABS, failureOf, find, GULLS, put, unending, WHALES } from "./corpus-contract-context.ts";
import type { OpenCorpus } from "./corpus-harness.ts";

/** A corpus whose snapshots are tested. */
export interface OpenSnapshots extends OpenCorpus {
  readonly snapshots: SnapshotPort;
  /** Closes the corpus and opens what it has written. */
  reopen(): Promise<OpenSnapshots>;
}

export interface SnapshotHarness {
  /** Opens a corpus without documents. */
  open(): Promise<OpenSnapshots>;
  verify(directory: string, signal: AbortSignal): Promise<SnapshotCheck>;
  /** Breaks a snapshot. */
  damage(directory: string): Promise<void>;
}

/** What every SnapshotPort must do, whatever stands behind it. Call it at the top of a test file. */
export function describeSnapshotContract(name: string, harness: SnapshotHarness): void {
  describe(`${name} keeps the contract of SnapshotPort`, { timeout: 60_000 }, () => {
    const open = async () => {
      const opened = await harness.open();
      onTestFinished(() => opened.close());
      return opened;
    };
    describeCreate(open, harness);
    describeRestore(open);
    describeFailures(open, harness);
  });
}

type Open = () => Promise<OpenSnapshots>;

async function place(): Promise<string> {
  return join(await temporaryFolder(), "snapshot");
}

/** Ids of the documents that the corpus finds and holds, of those that the tests put. */
async function held(opened: OpenSnapshots): Promise<readonly string[]> {
  const words = { whales: "whale", gulls: "gull", crabs: "crab" };
  const ids: string[] = [];
  for (const [id, word] of Object.entries(words)) {
    const found = await find(opened, word);
    const document = await opened.corpus.get(id, unending());
    expect(found.length > 0, id).toBe(document !== undefined);
    if (document !== undefined) ids.push(id);
  }
  expect((await opened.corpus.describe(unending())).documents).toBe(ids.length);
  return ids;
}

async function snapshotOf(opened: OpenSnapshots, ...documents: readonly SourceDocument[]): Promise<string> {
  if (documents.length > 0) await put(opened, ...documents);
  const directory = await place();
  await opened.snapshots.create(directory, unending());
  return directory;
}

function describeCreate(open: Open, { verify }: SnapshotHarness): void {
  describe("create", () => {
    it("says what the snapshot holds, and so does a check, which finds it whole", async () => {
      const opened = await open();
      await put(opened, WHALES, GULLS);
      const directory = await place();
      const shares: number[] = [];
      const made = await opened.snapshots.create(directory, unending(), (share) => shares.push(share));
      const { documents, passages, generation, embedder } = await opened.corpus.describe(unending());
      expect(made).toMatchObject({ documents, passages, generation, embedder, vectors: passages });
      expect(made.bytes).toBeGreaterThan(0);
      expect(new Date(made.createdAt).toISOString()).toBe(made.createdAt);
      const { files, ...found } = await verify(directory, unending());
      expect(found).toEqual({ snapshot: made, problems: [] });
      expect(files.map(({ name }) => name).toSorted()).toEqual(
        await readdir(directory).then((names) => names.toSorted()),
      );
      expect(shares).toEqual(shares.toSorted((one, other) => one - other));
      expect(shares.at(-1)).toBe(1);
    });

    it("makes one of an empty corpus", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened);
      expect(await verify(directory, unending())).toMatchObject({
        snapshot: { documents: 0, passages: 0, vectors: 0 },
        problems: [],
      });
      await put(opened, WHALES);
      await opened.snapshots.restore(directory, unending());
      expect(await held(opened)).toEqual([]);
    });

    it("takes nothing's place, and leaves what is there alone", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened, WHALES);
      const before = await verify(directory, unending());
      expect(await failureOf(opened.snapshots.create(directory, unending()))).toMatchObject({
        code: "invalid-request",
        message: expect.stringContaining(directory),
      });
      expect(await verify(directory, unending())).toEqual(before);
    });

    it("holds one generation while puts go on: each put wholly or not at all, and all that came before", async () => {
      const opened = await open();
      await put(opened, WHALES);
      const puts = Array.from({ length: 12 }, (_, index) => {
        const pair = [1, 2].map((half) => ({ id: `pair${index}-${half}`, text: `Half ${half} of pair${index}.` }));
        return put(opened, ...pair);
      });
      const directory = await place();
      const [made] = await Promise.all([opened.snapshots.create(directory, unending()), ...puts]);
      expect(made.documents % 2).toBe(1);
      await opened.snapshots.restore(directory, unending());
      expect(await find(opened, "whale")).not.toEqual([]);
      for (const index of puts.keys()) {
        const halves = await Promise.all([1, 2].map((half) => opened.corpus.get(`pair${index}-${half}`, unending())));
        expect(new Set(halves.map((half) => half !== undefined)).size).toBe(1);
      }
    });
  });
}

function describeRestore(open: Open): void {
  describe("restore", () => {
    it("replaces all that the corpus held, for whoever searches, gets or describes next, and when it is opened again", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened, WHALES, GULLS);
      await put(opened, CRABS, { ...WHALES, text: "A whale sings." });
      await opened.corpus.remove(["gulls"], unending());
      const restored = await opened.snapshots.restore(directory, unending());
      expect(restored).toMatchObject({ documents: 2 });
      expect(await held(opened)).toEqual(["whales", "gulls"]);
      expect((await opened.corpus.get("whales", unending()))?.text).toBe(WHALES.text);
      const again = await opened.reopen();
      onTestFinished(() => again.close());
      expect(await held(again)).toEqual(["whales", "gulls"]);
    });

    it("fills an empty corpus with another's snapshot", async () => {
      const directory = await snapshotOf(await open(), WHALES, CRABS);
      const other = await open();
      await other.snapshots.restore(directory, unending());
      expect(await held(other)).toEqual(["whales", "crabs"]);
      const found = await other.retrieval.retrieve({ query: "a crab walks sideways", topK: 1 }, unending());
      expect(found).toMatchObject({ warnings: [], passages: [{ documentId: "crabs" }] });
    });

    it("raises the generation above the corpus's and the snapshot's, each time", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened, WHALES, GULLS);
      let last = (await opened.corpus.describe(unending())).generation;
      for (let round = 0; round < 3; round++) {
        await opened.snapshots.restore(directory, unending());
        const { generation } = await opened.corpus.describe(unending());
        expect(generation).toBeGreaterThan(last);
        last = generation;
      }
      const other = await open();
      await put(other, CRABS);
      await other.snapshots.restore(await snapshotOf(opened), unending());
      expect((await other.corpus.describe(unending())).generation).toBeGreaterThan(last);
    });

    it("leaves a corpus that takes puts and removals as before", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened, WHALES, GULLS);
      await opened.snapshots.restore(directory, unending());
      expect(await put(opened, CRABS, GULLS)).toEqual({ added: 1, replaced: 0, unchanged: 1 });
      expect(await opened.corpus.remove(["whales"], unending())).toBe(1);
      await opened.corpus.settle(unending());
      expect(await held(opened)).toEqual(["gulls", "crabs"]);
      const later = await snapshotOf(opened);
      await opened.snapshots.restore(directory, unending());
      await opened.snapshots.restore(later, unending());
      expect(await held(opened)).toEqual(["gulls", "crabs"]);
    });

    it("loses no acknowledged put: what came after it is in the new content", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened, WHALES);
      for (let round = 0; round < 3; round++) {
        const puts = Array.from({ length: 8 }, (_, index) => ({ id: `boat${index}`, text: `Boat ${index}.` }));
        let restored = false;
        const work = puts.map(async (document) => {
          const report = await put(opened, document);
          return { document, after: restored, report };
        });
        await opened.snapshots.restore(directory, unending());
        restored = true;
        const late = await put(opened, { id: "late", text: `A late boat ${round}.` });
        expect(late.added).toBe(1);
        expect(await opened.corpus.get("late", unending())).toBeDefined();
        for (const { document, after } of await Promise.all(work)) {
          if (after) expect(await opened.corpus.get(document.id, unending())).toBeDefined();
        }
      }
    });
  });
}

function describeFailures(open: Open, { verify, damage }: SnapshotHarness): void {
  describe("refusals and cancellation", () => {
    it("restore refuses a snapshot that is not whole, says why, and changes nothing", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened, WHALES);
      await put(opened, CRABS);
      await opened.corpus.settle(unending());
      const before = await opened.corpus.describe(unending());
      await damage(directory);
      const { problems } = await verify(directory, unending());
      expect(problems).not.toEqual([]);
      const failure = await failureOf(opened.snapshots.restore(directory, unending()));
      expect(failure).toMatchObject({ code: "invalid-request", problems });
      for (const { message } of problems) expect(failure.message).toContain(message);
      expect(await opened.corpus.describe(unending())).toEqual(before);
      expect(await held(opened)).toEqual(["whales", "crabs"]);
    });

    it("restore and a check throw `not-found` where there is no such directory", async () => {
      const opened = await open();
      const directory = await place();
      expect(await failureOf(opened.snapshots.restore(directory, unending()))).toMatchObject({ code: "not-found" });
      expect(await failureOf(verify(directory, unending()))).toMatchObject({ code: "not-found" });
    });

    it("throws `cancelled` where the signal is aborted already, and does nothing", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened, WHALES);
      const before = await opened.corpus.describe(unending());
      const other = await place();
      for (const call of [
        opened.snapshots.create(other, AbortSignal.abort()),
        opened.snapshots.restore(directory, AbortSignal.abort()),
        verify(directory, AbortSignal.abort()),
      ]) {
        expect(await failureOf(call)).toMatchObject({ code: "cancelled" });
      }
      expect(await opened.corpus.describe(unending())).toEqual(before);
      expect(await readdir(dirname(other))).toEqual([]);
    });

    it("leaves nothing behind where it is aborted on the way", async () => {
      const opened = await open();
      const directory = await snapshotOf(opened, WHALES);
      const parent = await temporaryFolder();
      const abortion = new AbortController();
      const creating = opened.snapshots.create(join(parent, "snapshot"), abortion.signal, () => abortion.abort());
      expect(await failureOf(creating)).toMatchObject({ code: "cancelled" });
      expect(await readdir(parent)).toEqual([]);
      const stopping = new AbortController();
      const restoring = opened.snapshots.restore(directory, stopping.signal);
      stopping.abort();
      expect(await failureOf(restoring)).toMatchObject({ code: "cancelled" });
      expect(await held(opened)).toEqual(["whales"]);
    });
  });
}
