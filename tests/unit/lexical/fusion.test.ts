import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuseWithFeedback } from "../../../adapters/outbound/faiss/engine/feedback.ts";
import { fuse } from "../../../adapters/outbound/faiss/engine/fusion.ts";

interface Hit {
  readonly slot: number;
  readonly score: number;
}

const hits = (...scores: [slot: number, score: number][]): Hit[] => scores.map(([slot, score]) => ({ slot, score }));

const slotsOf = (list: readonly Hit[]): number[] => list.map(({ slot }) => slot);

/** A list of candidates as an index gives it: distinct slots, best first. */
const candidates = fc
  .uniqueArray(
    fc.record({
      slot: fc.nat(30),
      score: fc.integer({ min: -2_000, max: 50_000 }).map((thousandths) => thousandths / 1_000),
    }),
    {
      selector: ({ slot }) => slot,
      maxLength: 12,
    },
  )
  .map((list) => list.toSorted((left, right) => right.score - left.score || left.slot - right.slot));

const weights = fc.double({ min: 0, max: 1, noNaN: true });

describe("fuse", () => {
  it("combines the scores of both lists, each stretched to [0, 1]", () => {
    const lexical = hits([1, 30], [2, 20], [3, 10]);
    const dense = hits([2, 0.9], [4, 0.5], [1, 0.4]);
    expect(fuse(lexical, dense, { limit: 10, denseWeight: 0.4 })).toEqual([
      { slot: 2, score: expect.closeTo(0.6 * 0.5 + 0.4, 12) },
      { slot: 1, score: expect.closeTo(0.6, 12) },
      { slot: 4, score: expect.closeTo(0.4 * 0.2, 12) },
      { slot: 3, score: 0 },
    ]);
  });

  it("returns [] where both lists are empty", () => {
    expect(fuse([], [], { limit: 10 })).toEqual([]);
  });

  it("gives all candidates of a list with one score only the best score", () => {
    expect(fuse(hits([7, 3]), [], { limit: 10 })).toEqual([{ slot: 7, score: 1 }]);
    expect(fuse([], hits([5, 0.2], [8, 0.2]), { limit: 10 })).toEqual(hits([5, 1], [8, 1]));
  });

  it("keeps the order of one list where the other is empty, whatever the weight", () => {
    fc.assert(
      fc.property(candidates, weights, (list, denseWeight) => {
        for (const fused of [fuse(list, [], { limit: 50, denseWeight }), fuse([], list, { limit: 50, denseWeight })]) {
          expect(new Set(slotsOf(fused))).toEqual(new Set(slotsOf(list)));
          const scoreOf = new Map(list.map(({ slot, score }) => [slot, score]));
          const scores = fused.map(({ slot }) => scoreOf.get(slot) ?? Number.NaN);
          expect(scores).toEqual(scores.toSorted((left, right) => right - left));
        }
      }),
    );
  });

  it("gives at most the limit, best first, each slot once, scores in [0, 1]", () => {
    fc.assert(
      fc.property(
        candidates,
        candidates,
        weights,
        fc.integer({ min: 1, max: 20 }),
        (lexical, dense, denseWeight, limit) => {
          const fused = fuse(lexical, dense, { limit, denseWeight });
          const all = new Set([...slotsOf(lexical), ...slotsOf(dense)]);
          expect(fused).toHaveLength(Math.min(limit, all.size));
          expect(new Set(slotsOf(fused)).size).toBe(fused.length);
          for (const [rank, { slot, score }] of fused.entries()) {
            expect(all.has(slot)).toBe(true);
            expect(score >= 0 && score <= 1).toBe(true);
            const next = fused[rank + 1];
            if (next !== undefined) expect(score > next.score || (score === next.score && slot < next.slot)).toBe(true);
          }
        },
      ),
    );
  });

  it("puts one candidate before another that is not before it in either list", () => {
    fc.assert(
      fc.property(candidates, candidates, weights, (lexical, dense, denseWeight) => {
        const fused = slotsOf(fuse(lexical, dense, { limit: 50, denseWeight }));
        const [inLexical, inDense] = [lexical, dense].map(
          (list) => new Map(list.map(({ slot, score }) => [slot, score])),
        );
        const scoresOf = (slot: number) =>
          [inLexical, inDense].map((scores) => scores?.get(slot) ?? Number.NEGATIVE_INFINITY);
        for (const one of fused) {
          for (const other of fused) {
            const [left, right] = [scoresOf(one), scoresOf(other)];
            const isBetter = left.every((score, list) => score >= (right[list] ?? 0)) && one < other;
            if (isBetter) expect(fused.indexOf(one)).toBeLessThan(fused.indexOf(other));
          }
        }
      }),
    );
  });

  it("does not depend on the scale or the origin of either list's scores", () => {
    const lexical = hits([1, 8], [2, 4], [3, 2]);
    const dense = hits([3, 0.75], [1, 0.5], [4, 0.25]);
    const moved = lexical.map(({ slot, score }) => ({ slot, score: 16 * score + 1024 }));
    expect(fuse(moved, dense, { limit: 10 })).toEqual(fuse(lexical, dense, { limit: 10 }));
  });
});

describe("fuseWithFeedback", () => {
  const unit = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));
  const query = unit(0);
  /** Vectors of the slots 0 to 9, one tenth of a turn apart, on both sides of the query in turn. */
  const vectors = Array.from({ length: 10 }, (_, slot) => unit((slot % 2 === 0 ? 1 : -1) * slot * 0.1));
  const vectorsOf = (slots: readonly number[]) => slots.map((slot) => vectors[slot]);
  const dense = vectors
    .map((vector, slot) => ({ slot, score: vector[0] ?? 0 }))
    .toSorted((left, right) => right.score - left.score);

  it("draws the query towards the passages that words and vectors find together", () => {
    const lexical = hits([8, 9], [6, 8], [4, 7], [2, 6]);
    const rank = (list: readonly Hit[], slot: number) => slotsOf(list).indexOf(slot);
    const settings = { limit: 10, denseWeight: 0.5 };
    const plain = fuse(lexical, dense, settings);
    const refined = fuseWithFeedback(lexical, dense, { query, vectorsOf, ...settings });
    expect(rank(refined, 8)).toBeLessThan(rank(refined, 1));
    expect(rank(refined, 1)).toBeGreaterThan(rank(plain, 1));
  });

  it("is the plain fusion where there are no dense hits, and asks for no vector then", () => {
    const lexical = hits([3, 2], [1, 1]);
    const refuse = () => {
      throw new Error("No vector is needed.");
    };
    expect(fuseWithFeedback(lexical, [], { query, vectorsOf: refuse, limit: 5 })).toEqual(
      fuse(lexical, [], { limit: 5 }),
    );
    expect(fuseWithFeedback([], [], { query, vectorsOf: refuse, limit: 5 })).toEqual([]);
  });

  it("takes feedback from passages that have a vector only", () => {
    const lexical = hits([20, 5], [1, 4]);
    const fused = fuseWithFeedback(lexical, dense, { query, vectorsOf, limit: 20 });
    expect(new Set(slotsOf(fused))).toEqual(new Set([...vectors.keys(), 20]));
  });

  it("gives the candidates of both lists, scores in [0, 1], best first", () => {
    const some = candidates.map((list) => list.filter(({ slot }) => slot < 10));
    fc.assert(
      fc.property(candidates, some, weights, fc.integer({ min: 1, max: 20 }), (lexical, found, denseWeight, limit) => {
        const fused = fuseWithFeedback(lexical, found, { query, vectorsOf, limit, denseWeight });
        const all = new Set([...slotsOf(lexical), ...slotsOf(found)]);
        expect(fused).toHaveLength(Math.min(limit, all.size));
        for (const { slot, score } of fused) expect(all.has(slot) && score >= 0 && score <= 1).toBe(true);
        expect(fused).toEqual(fused.toSorted((left, right) => right.score - left.score || left.slot - right.slot));
      }),
    );
  });
});
