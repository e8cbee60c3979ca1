import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ndcgAt, recallAt, reciprocalRank } from "../../../application/retrieval-metrics.ts";

const judged = (gains: Readonly<Record<string, number>>) => new Map(Object.entries(gains));

describe("ndcgAt", () => {
  it("is 1 for the ideal order", () => {
    expect(ndcgAt(10, ["a", "b", "x"], judged({ a: 2, b: 1 }))).toBe(1);
  });

  it("discounts by the logarithm of the rank: one relevant document at rank 2", () => {
    // (1 / log2 3) / (1 / log2 2) = 0.63093
    expect(ndcgAt(10, ["x", "a"], judged({ a: 1 }))).toBeCloseTo(0.63093, 5);
  });

  it("has the gains themselves, not powers of two, on top", () => {
    // DCG = 1 + 3/log2 3 + 2/log2 5 = 3.754148, ideal = 3 + 2/log2 3 + 1/log2 4 = 4.76186
    expect(ndcgAt(10, ["b", "a", "x", "c"], judged({ a: 3, b: 1, c: 2 }))).toBeCloseTo(3.754148 / 4.76186, 5);
  });

  it("compares with the ideal of all that is relevant, found or not, cut at the depth", () => {
    // DCG = 1, ideal of three = 1 + 1/log2 3 + 1/2 = 2.13093
    expect(ndcgAt(10, ["a"], judged({ a: 1, b: 1, c: 1 }))).toBeCloseTo(1 / 2.13093, 5);
    expect(ndcgAt(1, ["a"], judged({ a: 1, b: 1, c: 1 }))).toBe(1);
  });

  it("does not see below the depth", () => {
    const ranking = [..."0123456789", "a"];
    expect(ndcgAt(10, ranking, judged({ a: 1 }))).toBe(0);
  });

  it("is 0 where nothing was found or nothing is relevant", () => {
    expect(ndcgAt(10, [], judged({ a: 1 }))).toBe(0);
    expect(ndcgAt(10, ["a"], judged({ a: 0 }))).toBe(0);
    expect(ndcgAt(10, ["a"], judged({ a: -1 }))).toBe(0);
  });

  it("lies in [0, 1], and is 1 for the ideal order, whatever the gains", () => {
    const gains = fc.dictionary(fc.constantFrom(..."abcdefghijkl"), fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(gains, fc.shuffledSubarray([..."abcdefghijkl"]), (values, ranking) => {
        const judgements = judged(values);
        expect(ndcgAt(10, ranking, judgements)).toBeGreaterThanOrEqual(0);
        expect(ndcgAt(10, ranking, judgements)).toBeLessThanOrEqual(1 + 1e-12);
        const ideal = [...judgements].sort(([, one], [, other]) => other - one).map(([id]) => id);
        const isAnyRelevant = Object.values(values).some((gain) => gain > 0);
        expect(ndcgAt(10, ideal, judgements)).toBeCloseTo(isAnyRelevant ? 1 : 0, 12);
      }),
    );
  });
});

describe("recallAt", () => {
  it("is the share of the relevant documents among the first", () => {
    const judgements = judged({ a: 1, b: 2, c: 1, d: 0 });
    expect(recallAt(2, ["a", "d", "b"], judgements)).toBeCloseTo(1 / 3);
    expect(recallAt(3, ["a", "d", "b"], judgements)).toBeCloseTo(2 / 3);
  });

  it("is 0 where nothing is relevant", () => {
    expect(recallAt(10, ["a"], judged({}))).toBe(0);
  });
});

describe("reciprocalRank", () => {
  it("is one over the rank of the first relevant document", () => {
    expect(reciprocalRank(["x", "y", "a", "b"], judged({ a: 1, b: 3 }))).toBeCloseTo(1 / 3);
  });

  it("is 0 where none was found", () => {
    expect(reciprocalRank(["x"], judged({ a: 1 }))).toBe(0);
    expect(reciprocalRank([], judged({ a: 1 }))).toBe(0);
  });
});
