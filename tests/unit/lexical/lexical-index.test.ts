import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LexicalIndex } from "../../../adapters/outbound/faiss/engine/lexical-index.ts";
import { countQueryTerms, type PassageTerms } from "../../../adapters/outbound/faiss/engine/passage-terms.ts";

function passage(text: string): PassageTerms {
  const terms = text.split(" ").filter(Boolean);
  const counted = countQueryTerms(terms);
  const fingerprints = Float64Array.from(counted, ({ fingerprint }) => fingerprint);
  return { fingerprints, frequencies: Uint8Array.from(counted, ({ weight }) => weight), length: terms.length };
}

const query = (text: string) => countQueryTerms(text.split(" "));

function indexOf(passages: Readonly<Record<number, string>>): LexicalIndex {
  const index = new LexicalIndex();
  for (const [slot, text] of Object.entries(passages)) index.add(Number(slot), passage(text));
  return index;
}

/** BM25 by its definition, over all passages, with nothing remembered. */
function bruteForce(passages: ReadonlyMap<number, string>, question: string): { slot: number; score: number }[] {
  const words = new Map([...passages].map(([slot, text]) => [slot, text.split(" ").filter(Boolean)]));
  const total = [...words.values()].reduce((sum, list) => sum + list.length, 0);
  const averageLength = total / Math.max(1, words.size);
  const scored = [...words].map(([slot, list]) => {
    let score = 0;
    for (const term of question.split(" ")) {
      const containing = [...words.values()].filter((other) => other.includes(term)).length;
      const idf = Math.log(1 + (words.size - containing + 0.5) / (containing + 0.5));
      const frequency = list.filter((word) => word === term).length;
      const norm = 1.2 * (0.25 + (0.75 * list.length) / Math.max(averageLength, Number.MIN_VALUE));
      if (frequency > 0) score += (idf * frequency * 2.2) / (frequency + norm);
    }
    return { slot, score };
  });
  return scored
    .filter(({ score }) => score > 0)
    .sort((left, right) => right.score - left.score || left.slot - right.slot);
}

describe("LexicalIndex", () => {
  it("returns [] when nothing matches, nothing is there or nothing is asked", () => {
    expect(new LexicalIndex().search(query("a"), 10)).toEqual([]);
    expect(indexOf({ 0: "a b" }).search(query("c"), 10)).toEqual([]);
    expect(indexOf({ 0: "a b" }).search([], 10)).toEqual([]);
  });

  it("puts the rarer term, the higher frequency and the shorter passage first", () => {
    const slots = (question: string, passages: Record<number, string>) =>
      indexOf(passages)
        .search(query(question), 10)
        .map(({ slot }) => slot);
    expect(slots("common rare", { 0: "common x", 1: "rare y", 2: "common z" })[0]).toBe(1);
    expect(slots("a", { 0: "a b c", 1: "a a c" })).toEqual([1, 0]);
    expect(slots("a", { 0: "a b c d e", 1: "a b" })).toEqual([1, 0]);
  });

  it("gives at most the limit, equal scores by lower slot", () => {
    const index = indexOf({ 7: "a b", 3: "a b", 5: "a b" });
    expect(index.search(query("a"), 2).map(({ slot }) => slot)).toEqual([3, 5]);
  });

  it("finds the best among the allowed slots, however few they are", () => {
    const index = new LexicalIndex();
    for (let slot = 0; slot < 500; slot++) index.add(slot, passage(slot === 444 ? "a b b b" : "a"));
    expect(index.search(query("a"), 3, (slot) => slot === 444).map(({ slot }) => slot)).toEqual([444]);
    expect(index.search(query("a"), 3, () => false)).toEqual([]);
  });

  it("leaves nothing of one search in the next", () => {
    const index = indexOf({ 0: "a b", 1: "b c" });
    const first = index.search(query("a b"), 10);
    index.search(query("b c"), 1);
    expect(index.search(query("a b"), 10)).toEqual(first);
  });

  it("counts a repeated word of the query as often as it is there", () => {
    const index = indexOf({ 0: "a x", 1: "b x" });
    const [once] = index.search(query("a"), 1);
    const [twice] = index.search(query("a a"), 1);
    expect(twice?.score).toBeCloseTo(2 * (once?.score ?? 0), 12);
  });

  it("refuses a slot that is taken, and takes it again after its removal", () => {
    const index = indexOf({ 4: "old words" });
    expect(() => index.add(4, passage("new"))).toThrow(RangeError);
    expect(index.remove(4)).toBe(true);
    index.add(4, passage("new words"));
    expect(index.search(query("old"), 10)).toEqual([]);
    expect(index.search(query("new"), 10).map(({ slot }) => slot)).toEqual([4]);
  });

  it("says false for a removal of what is not there", () => {
    const index = indexOf({ 1: "a" });
    expect([index.remove(0), index.remove(1), index.remove(1)]).toEqual([false, true, false]);
    expect(index.size).toBe(0);
  });

  it("holds passages without any term", () => {
    const index = indexOf({ 0: "", 1: "a" });
    expect(index.size).toBe(2);
    expect(index.search(query("a"), 10).map(({ slot }) => slot)).toEqual([1]);
    expect(index.remove(0)).toBe(true);
  });

  it("scores after any adds and removals as BM25's definition does on what is left", () => {
    const word = fc.constantFrom("a", "b", "c", "d", "e");
    const change = fc.record({
      slot: fc.nat(12),
      words: fc.option(fc.array(word, { maxLength: 8 })),
      ask: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const index = new LexicalIndex();
        const expected = new Map<number, string>();
        for (const { slot, words, ask } of changes) {
          index.remove(slot);
          expected.delete(slot);
          if (words !== null) {
            index.add(slot, passage(words.join(" ")));
            expected.set(slot, words.join(" "));
          }
          if (ask) index.search(query("a c"), 3);
        }
        const hits = index.search(query("a b c"), 100);
        const truth = bruteForce(expected, "a b c");
        const scoreOf = new Map(truth.map(({ slot, score }) => [slot, score]));
        expect(new Set(hits.map(({ slot }) => slot))).toEqual(new Set(scoreOf.keys()));
        for (const { slot, score } of hits) expect(score).toBeCloseTo(scoreOf.get(slot) ?? -1, 9);
        expect(index.size).toBe(expected.size);
      }),
    );
  });

  it("answers after thousands of removals like an index that never had what was removed", () => {
    const index = new LexicalIndex();
    const fresh = new LexicalIndex();
    const textOf = (slot: number) => `w${slot % 7} w${slot % 11} w${slot % 13} ${"x ".repeat(slot % 5)}`;
    for (let slot = 0; slot < 9000; slot++) {
      index.add(slot, passage(textOf(slot)));
      if (slot % 3 === 0) fresh.add(slot, passage(textOf(slot)));
    }
    for (let slot = 0; slot < 9000; slot++) if (slot % 3 !== 0) index.remove(slot);
    const before = index.search(query("w3 w9 x"), 50);
    expect(before).toEqual(fresh.search(query("w3 w9 x"), 50));
    for (const each of [index, fresh]) each.add(9001, passage("w3 w9 x"));
    expect(index.search(query("w3 w9 x"), 50)).toEqual(fresh.search(query("w3 w9 x"), 50));
  });
});
