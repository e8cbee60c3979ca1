import { describe, expect, it } from "vitest";
import { Bitset } from "../../adapters/outbound/faiss/engine/bitset.ts";
import type { Hit } from "../../adapters/outbound/faiss/engine/faiss-index.ts";
import { VectorIndex } from "../../adapters/outbound/faiss/engine/vector-index.ts";
import { innerProduct, randomNumbers, randomVector } from "../support/vectors.ts";

const DIMENSIONS = 48;

/** An index over random vectors that also knows what is true. */
class Fixture {
  readonly vectors = new Map<number, Float32Array>();
  readonly random: () => number;
  readonly index: VectorIndex;
  private nextSlot = 0;

  constructor(seed: number, flatBelow: number) {
    this.random = randomNumbers(seed);
    const source = { vectorsOf: (slots: readonly number[]) => slots.map((slot) => this.vectors.get(slot)) };
    this.index = new VectorIndex({ dimensions: DIMENSIONS, flatBelow, source }, new Bitset());
  }

  add(count: number): void {
    const slots = Array.from({ length: count }, () => this.nextSlot++);
    const vectors = slots.map(() => randomVector(this.random, DIMENSIONS));
    for (const [index, slot] of slots.entries()) this.vectors.set(slot, vectors[index] ?? new Float32Array());
    this.index.add(slots, vectors);
  }

  remove(chosen: (slot: number) => boolean): void {
    for (const slot of [...this.vectors.keys()].filter(chosen)) {
      this.vectors.delete(slot);
      this.index.remove(slot);
    }
  }

  rest(): void {
    while (this.index.busy) this.index.work();
  }

  truth(query: Float32Array, k: number, allowed?: Bitset): readonly number[] {
    const slots = [...this.vectors.keys()].filter((slot) => allowed === undefined || allowed.has(slot));
    const scores = Float64Array.from(slots, (slot) => innerProduct(query, this.vectors.get(slot) ?? query));
    // Numbers alone are sorted in a tenth of the time.
    const least = scores.toSorted().at(-k) ?? Number.NEGATIVE_INFINITY;
    return slots
      .map((slot, index) => ({ slot, score: scores[index] ?? 0 }))
      .filter(({ score }) => score >= least)
      .toSorted((one, other) => other.score - one.score)
      .slice(0, k)
      .map(({ slot }) => slot);
  }

  /** Share of the true neighbours that are found, over some queries. */
  recall(k: number, allowed?: Bitset): number {
    const queries = Array.from({ length: 40 }, () => randomVector(this.random, DIMENSIONS));
    const found = this.index.search(queries, k, allowed);
    const shares = queries.map((query, index) => {
      const slots = slotsOf(found[index]);
      const truth = this.truth(query, k, allowed);
      expect(slots).toHaveLength(truth.length);
      expect(new Set(slots).size).toBe(slots.length);
      expect(slots.every((slot) => this.vectors.has(slot) && (allowed?.has(slot) ?? true))).toBe(true);
      return truth.filter((slot) => slots.includes(slot)).length / Math.max(1, truth.length);
    });
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  }
}

describe("VectorIndex", () => {
  it("finds exactly the nearest while it is flat, after removals too", () => {
    const fixture = new Fixture(1, 10_000);
    fixture.add(1_500);
    expect(fixture.recall(100)).toBe(1);
    fixture.remove((slot) => slot % 3 === 0);
    expect(fixture.recall(100)).toBe(1);
    fixture.rest();
    expect(fixture.index.kind).toBe("flat");
    expect(fixture.recall(100)).toBe(1);
  });

  it("becomes HNSW from its threshold on and still finds nearly all of the nearest", () => {
    const fixture = new Fixture(2, 3_000);
    fixture.add(2_999);
    expect(fixture.index.busy).toBe(false);
    fixture.add(1_001);
    expect(fixture.index.busy).toBe(true);
    expect(fixture.recall(10)).toBe(1);
    fixture.rest();
    expect(fixture.index.kind).toBe("hnsw");
    expect(fixture.recall(10)).toBeGreaterThan(0.98);
    expect(fixture.recall(100)).toBeGreaterThan(0.95);
  });

  it("leaves the flat index as it is from the threshold on, and takes what waits into it where it is to stay flat", () => {
    const fixture = new Fixture(10, 1_000);
    for (let count = 0; count < 4; count++) fixture.add(300);
    expect(fixture.index.snapshot.size).toBe(900);
    fixture.add(20_000);
    expect([fixture.index.snapshot.size, fixture.index.kind]).toEqual([900, "flat"]);
    expect(fixture.recall(100)).toBe(1);
    fixture.remove((slot) => slot >= 950 || slot % 100 === 0);
    expect(fixture.recall(100)).toBe(1);
    fixture.rest();
    expect([fixture.index.snapshot.size, fixture.index.kind]).toEqual([940, "flat"]);
    expect(fixture.recall(100)).toBe(1);
  });

  it("finds vectors that wait to be folded into HNSW, and not those that were removed", () => {
    const fixture = new Fixture(3, 1_000);
    fixture.add(2_000);
    fixture.rest();
    fixture.add(500);
    expect(fixture.index.busy).toBe(true);
    fixture.remove((slot) => slot % 5 === 0);
    expect(fixture.recall(50)).toBeGreaterThan(0.95);
    fixture.rest();
    expect(fixture.index.size).toBe(2_000);
    expect(fixture.recall(50)).toBeGreaterThan(0.95);
  });

  it("finds each vector once while so many wait that they are in several parts, and some of them are folded in", () => {
    const fixture = new Fixture(9, 1_000);
    fixture.add(1_000);
    fixture.rest();
    for (let count = 0; count < 3; count++) fixture.add(4_100);
    expect(fixture.index.snapshot.size).toBe(1_000);
    const allowed = new Bitset();
    for (const slot of fixture.vectors.keys()) if (slot % 7 === 1) allowed.add(slot);
    for (const [round, folded] of [50, 250].entries()) {
      for (let step = 0; step < folded; step++) fixture.index.work();
      fixture.remove((slot) => slot % 50 === round);
      expect(fixture.recall(100)).toBeGreaterThan(0.95);
      expect(fixture.recall(100, allowed)).toBeGreaterThan(0.95);
    }
    fixture.rest();
    expect(fixture.index.size).toBe(fixture.vectors.size);
    expect(fixture.recall(100)).toBeGreaterThan(0.95);
  });

  it("finds what comes and goes while it is being built anew", () => {
    const fixture = new Fixture(4, 1_500);
    fixture.add(1_500);
    for (let step = 0; step < 10; step++) fixture.index.work();
    fixture.add(200);
    fixture.remove((slot) => slot % 4 === 0);
    expect(fixture.recall(20)).toBe(1);
    fixture.rest();
    expect(fixture.index.kind).toBe("hnsw");
    expect(fixture.recall(20)).toBeGreaterThan(0.95);
  });

  it("forgets removed vectors once they are many", () => {
    const fixture = new Fixture(5, 1_000);
    fixture.add(3_000);
    fixture.rest();
    fixture.remove((slot) => slot < 2_200);
    expect(fixture.recall(100)).toBeGreaterThan(0.95);
    fixture.rest();
    expect(fixture.index.snapshot.size).toBe(800);
    expect(fixture.index.kind).toBe("flat");
    expect(fixture.recall(100)).toBe(1);
  });

  for (const flatBelow of [10_000, 1_000]) {
    it(`fills a filtered list however few pass, ${flatBelow > 3_000 ? "flat" : "HNSW"}`, () => {
      const fixture = new Fixture(6, flatBelow);
      fixture.add(3_000);
      fixture.rest();
      for (const every of [2, 7, 50, 400, 2_999]) {
        const allowed = new Bitset();
        for (const slot of fixture.vectors.keys()) if (slot % every === 1) allowed.add(slot);
        expect(fixture.recall(100, allowed)).toBeGreaterThan(0.95);
      }
    });
  }

  it("fills the list where all that pass are far from the query", () => {
    const fixture = new Fixture(7, 500);
    fixture.add(4_000);
    fixture.rest();
    const query = randomVector(fixture.random, DIMENSIONS);
    const farthest = fixture.truth(query, 4_000).slice(-1_500);
    const allowed = new Bitset();
    for (const slot of farthest) allowed.add(slot);
    const [hits] = fixture.index.search([query], 100, allowed);
    expect(slotsOf(hits)).toEqual(farthest.slice(0, 100));
  });

  it("returns [] for no vector, and leaves a vector of zeros out", () => {
    const fixture = new Fixture(8, 100);
    const query = randomVector(fixture.random, DIMENSIONS);
    expect(fixture.index.search([query], 10)).toEqual([[]]);
    fixture.index.add([0], [new Float32Array(DIMENSIONS)]);
    expect(fixture.index.search([query], 10)).toEqual([[]]);
  });
});

function slotsOf(hits: readonly Hit[] = []): readonly number[] {
  return hits.map(({ slot }) => slot);
}
