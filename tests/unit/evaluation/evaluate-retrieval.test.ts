import { describe, expect, it } from "vitest";
import { evaluateRetrieval, evaluateTogether } from "../../../application/evaluate-retrieval.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { passageOf } from "../../support/passages.ts";

const never = new AbortController().signal;
const query = (id: string) => ({ id, text: `text of ${id}` });
const judgements = new Map([
  ["q1", new Map([["a", 1]])],
  [
    "q2",
    new Map([
      ["b", 1],
      ["c", 1],
    ]),
  ],
]);

/** A passage of each document named, best first. */
const ranked = (...documents: readonly string[]) =>
  documents.map((documentId, index) => passageOf(`passage ${index}`, { documentId, score: 1 - index / 1_000 }));

describe("evaluateTogether", () => {
  it("asks every search a query before the next query, and reports on each", async () => {
    const asked: string[] = [];
    const recording = (name: string, ...documents: readonly string[]) =>
      new FakeRetrieval(({ query: text }) => {
        asked.push(`${name}: ${text}`);
        return ranked(...documents);
      });
    const retrievals = [recording("one", "a", "b"), recording("other", "b", "a")];
    const collection = { queries: [query("q1"), query("q2")], judgements };
    const reports = await evaluateTogether(retrievals, collection, never);
    expect(asked).toEqual(["one: text of q1", "other: text of q1", "one: text of q2", "other: text of q2"]);
    expect(reports.map(({ queries }) => queries.map(({ reciprocalRank }) => reciprocalRank))).toEqual([
      [1, 0.5],
      [0.5, 1],
    ]);
    expect(await evaluateTogether([], collection, never)).toEqual([]);
  });
});

describe("evaluateRetrieval", () => {
  it("ranks documents by their best passage and averages over the queries", async () => {
    const retrieval = new FakeRetrieval(({ query: text }) =>
      text === "text of q1" ? ranked("x", "x", "x", "a", "a") : ranked("b"),
    );
    const { queries, mean } = await evaluateRetrieval(
      retrieval,
      { queries: [query("q1"), query("q2")], judgements },
      never,
    );
    expect(queries).toMatchObject([
      { id: "q1", ndcgAt10: 1 / Math.log2(3), recallAt10: 1, recallAt100: 1, reciprocalRank: 0.5 },
      { id: "q2", ndcgAt10: 1 / (1 + 1 / Math.log2(3)), recallAt10: 0.5, recallAt100: 0.5, reciprocalRank: 1 },
    ]);
    expect(mean.ndcgAt10).toBeCloseTo((0.63093 + 0.61315) / 2, 4);
    expect(mean).toMatchObject({ recallAt10: 0.75, recallAt100: 0.75, reciprocalRank: 0.75 });
    expect(mean.milliseconds).toBeGreaterThanOrEqual(0);
  });

  it("asks for 100 passages of each judged query, in the collection's order", async () => {
    const retrieval = new FakeRetrieval();
    const shares: number[] = [];
    const collection = { queries: [query("q2"), query("unjudged"), query("q1")], judgements };
    const { queries } = await evaluateRetrieval(retrieval, collection, never, (share) => shares.push(share));
    expect(queries.map(({ id }) => id)).toEqual(["q2", "q1"]);
    expect(retrieval.requests).toEqual([
      { query: "text of q2", topK: 100 },
      { query: "text of q1", topK: 100 },
    ]);
    expect(shares).toEqual([0.5, 1]);
  });

  it("tells the first ten documents from the rest", async () => {
    const others = Array.from({ length: 10 }, (_, index) => `x${index}`);
    const retrieval = new FakeRetrieval(ranked(...others, "a"));
    const { mean } = await evaluateRetrieval(retrieval, { queries: [query("q1")], judgements }, never);
    expect(mean).toMatchObject({ ndcgAt10: 0, recallAt10: 0, recallAt100: 1, reciprocalRank: 1 / 11 });
  });

  it("gives zeros where there is nothing to ask", async () => {
    const { queries, mean } = await evaluateRetrieval(new FakeRetrieval(), { queries: [], judgements }, never);
    expect(queries).toEqual([]);
    expect(mean).toEqual({ ndcgAt10: 0, recallAt10: 0, recallAt100: 0, reciprocalRank: 0, milliseconds: 0 });
  });

  it("ends with the search's failure, and when the caller aborts", async () => {
    const retrieval = new FakeRetrieval();
    retrieval.failNext(new ServiceError("retrieval-unavailable", "down"));
    const collection = { queries: [query("q1")], judgements };
    await expect(evaluateRetrieval(retrieval, collection, never)).rejects.toMatchObject({
      code: "retrieval-unavailable",
    });
    await expect(evaluateRetrieval(retrieval, collection, AbortSignal.abort())).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
