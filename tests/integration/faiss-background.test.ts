import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { Background } from "../../adapters/outbound/faiss/engine/background.ts";
import { CorpusMemory } from "../../adapters/outbound/faiss/engine/corpus-memory.ts";
import { Database } from "../../adapters/outbound/faiss/engine/database.ts";
import { IndexFiles } from "../../adapters/outbound/faiss/engine/index-files.ts";
import { SpaceIndex } from "../../adapters/outbound/faiss/engine/space-index.ts";
import { SpaceStore } from "../../adapters/outbound/faiss/engine/space-store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomNumbers, randomVector } from "../support/vectors.ts";

const DIMENSIONS = 8;
const FLAT_BELOW = 16;
/** Of the event loop; the work begins in the second one where it need not wait. */
const TURNS = 1_000;

/** The work over an index that has outgrown being flat. */
async function open() {
  const directory = await temporaryFolder();
  const database = await Database.open(join(directory, "corpus.sqlite"));
  const spaces = new SpaceStore(database, { kind: "fixed", name: "fake", dimensions: DIMENSIONS }, "");
  const files = new IndexFiles(directory, database, true);
  const memory = new CorpusMemory(database, spaces, files, FLAT_BELOW);
  const random = randomNumbers(1);
  const vectors = Array.from({ length: 4 * FLAT_BELOW }, () => randomVector(random, DIMENSIONS));
  let reads = 0;
  const vectorsOf = (slots: readonly number[]) => {
    reads += 1;
    return slots.map((slot) => vectors[slot]);
  };
  const space = await database.write(() => spaces.createFixed());
  memory.serving = new SpaceIndex({ space, flatBelow: FLAT_BELOW, source: { vectorsOf }, faiss: undefined, slots: [] });
  const { index } = memory.serving;
  index.add([...vectors.keys()], vectors);
  const failures: unknown[] = [];
  const background = new Background({ memory, database, spaces, files, onFailure: (error) => failures.push(error) });
  onTestFinished(async () => {
    await background.stop();
    await database.close();
    expect(failures).toEqual([]);
  });
  return { background, index, reads: () => reads };
}

describe("The engine's work in the background", () => {
  it("builds no index while changes go on, and builds it once they have ended", async () => {
    const { background, index, reads } = await open();
    const ends = Promise.withResolvers<void>();
    const change = background.givingWay(() => ends.promise);
    background.wake();
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    expect([reads(), index.kind]).toEqual([0, "flat"]);
    ends.resolve();
    await change;
    await background.persist();
    expect(index.kind).toBe("hnsw");
  });

  it("builds it at once where nothing changes", async () => {
    const { background, index } = await open();
    background.wake();
    for (let turn = 0; turn < TURNS && index.kind === "flat"; turn++) await nextTurn();
    expect(index.kind).toBe("hnsw");
  });
});
