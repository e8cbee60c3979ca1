import { describe, expect, it } from "vitest";
import type { SnapshotPort } from "../../../domain/ports/snapshot-port.ts";
import { FollowedSearch } from "../../../infrastructure/snapshots/followed-search.ts";
import { failureOf, unending } from "../../contract/corpus-contract-context.ts";
import { FakeCorpus } from "../../support/fakes/fake-corpus.ts";

const snapshots: SnapshotPort = {
  create: () => Promise.reject(new Error("made")),
  restore: () => Promise.reject(new Error("restored")),
};

function scene() {
  const engine = new FakeCorpus();
  const followed = new FollowedSearch("boats");
  const search = followed.guard({ retrieval: engine, corpus: engine, tuning: engine, snapshots });
  const { corpus, tuning } = search;
  if (corpus === undefined || tuning === undefined) throw new Error("The search has lost a side.");
  return { engine, followed, search, corpus, tuning };
}

describe("a search that follows a published snapshot", () => {
  it("finds nothing while it waits, which is told as an error that passes", async () => {
    const { followed, search } = scene();
    const find = () => search.retrieval.retrieve({ query: "a boat", topK: 1 }, unending());
    expect((await find()).passages).toEqual([]);
    followed.isWaiting = true;
    expect(await failureOf(find())).toMatchObject({ code: "retrieval-unavailable", retryable: true });
  });

  it("refuses everything that would write, and reads on", async () => {
    const { followed, search, corpus, tuning } = scene();
    const signal = unending();
    for (const written of [
      corpus.put([], signal),
      corpus.remove(["a"], signal),
      corpus.removeMatching({ field: "a", equals: "b" } as never, signal),
      corpus.removeRead("root", ["a"], signal),
      corpus.removeFor(undefined, { ids: ["a"] }, signal),
      tuning.tune(undefined, signal),
      tuning.calibrate(undefined, signal),
      search.snapshots?.restore("directory", signal),
    ])
      expect(await failureOf(Promise.resolve(written))).toMatchObject({ code: "corpus-read-only" });
    expect(await corpus.describe(signal)).toMatchObject({ documents: 0 });
    expect(await corpus.describeFor(undefined, signal)).toMatchObject({ documents: 0 });
    expect(await corpus.get("a", signal)).toBeUndefined();
    expect(await corpus.list({ limit: 1 }, signal)).toEqual([]);
    expect(await Array.fromAsync(corpus.listRead("root", signal))).toEqual([]);
    expect(await corpus.version(signal)).toEqual(expect.any(String));
    expect(await tuning.rankingInForce(signal)).toMatchObject({ source: "default" });
    await corpus.settle(signal);
    await expect(search.snapshots?.create("directory", signal)).rejects.toThrow("made");
    await expect(followed.snapshots?.restore("directory", signal)).rejects.toThrow("restored");
  });

  it("closes what is behind it", async () => {
    const { engine, corpus } = scene();
    await corpus.close?.();
    expect(engine.closed).toBe(true);
  });
});
