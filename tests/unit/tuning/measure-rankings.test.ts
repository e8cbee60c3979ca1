import { describe, expect, it } from "vitest";
import { candidateRankings, measureRankings } from "../../../application/measure-rankings.ts";
import { nameOfRanking } from "../../../domain/ranking.ts";
import { inOneChunk } from "../../support/chunked.ts";
import { FakeCorpus } from "../../support/fakes/fake-corpus.ts";

const never = new AbortController().signal;

describe("candidateRankings", () => {
  it("holds sparse, dense, several weights and the default, each once", () => {
    const names = candidateRankings(new FakeCorpus()).map(nameOfRanking);
    expect(names).toEqual(["sparse", "dense", ...[0.1, 0.25, 0.4, 0.5, 0.7].map((weight) => `fused ${weight}`)]);
  });
});

describe("measureRankings", () => {
  it("asks the same queries under each ranking, alike ones once", async () => {
    const corpus = new FakeCorpus();
    const long = `A crab walks here. ${"Words follow words. ".repeat(9)}Gulls follow.`;
    await corpus.put(
      [
        { id: "long", text: long },
        { id: "short", text: "A crab." },
      ].map(inOneChunk),
      never,
    );
    const collection = {
      queries: [{ id: "q", text: "crab walks follow" }],
      judgements: new Map([["q", new Map([["short", 1]])]]),
    };
    const shares: number[] = [];
    const rankings = (["sparse", "dense", "sparse"] as const).map((mode) => ({ mode, denseWeight: 0.5 }));
    const measured = await measureRankings(corpus, rankings, collection, never, (share) => shares.push(share));
    expect(measured.map(({ ranking, report }) => [ranking.mode, report.mean.reciprocalRank])).toEqual([
      ["sparse", 0.5],
      ["dense", 1],
    ]);
    expect(shares).toEqual([1]);
  });
});
