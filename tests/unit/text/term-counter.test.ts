import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze } from "../../../domain/text/analyzer.ts";
import { TermCounter } from "../../../domain/text/term-counter.ts";
import { termFingerprint } from "../../../domain/text/term-fingerprint.ts";

/** Enough for it to forget: more words, and more terms, than it remembers. */
const MANY = 220_000;

function countsOf(counter: TermCounter): (readonly [fingerprint: number, count: number])[] {
  return Array.from({ length: counter.distinct }, (_, place) => [counter.fingerprintAt(place), counter.countAt(place)]);
}

function expectedOf(terms: readonly string[]): (readonly [fingerprint: number, count: number])[] {
  const counts = new Map<number, number>();
  for (const term of terms) counts.set(termFingerprint(term), (counts.get(termFingerprint(term)) ?? 0) + 1);
  return [...counts];
}

const manyWords = Array.from({ length: MANY }, (_, index) => `x${index}`).join(" ");

describe("TermCounter", () => {
  it("counts the terms of the analyzer in the order in which they first occur", () => {
    const counter = new TermCounter();
    const text = fc.string({ unit: "grapheme", maxLength: 80 });
    fc.assert(
      fc.property(text, text, fc.nat(3), (first, second, weight) => {
        counter.begin();
        counter.add(first, "en");
        counter.add(second, "other", weight);
        const others = Array.from({ length: weight }, () => analyze(second, "other")).flat();
        const terms = [...analyze(first, "en"), ...others];
        expect(countsOf(counter)).toEqual(expectedOf(terms));
        expect(counter.total).toBe(terms.length);
      }),
    );
  });

  it("keeps apart the same word in English and in other languages", () => {
    const counter = new TermCounter();
    counter.begin();
    counter.add("wohnungen", "en");
    expect(countsOf(counter)).toEqual(expectedOf(["wohnungen"]));
    counter.begin();
    counter.add("wohnungen", "other");
    expect(countsOf(counter)).toEqual(expectedOf(["wohnungen", "wohnu*"]));
  });

  it("counts on where one text has more words than it remembers, and the next ones right as well", () => {
    const counter = new TermCounter();
    const text = `lamp ${manyWords} lamp`;
    for (const weight of [1, 2]) {
      counter.begin();
      counter.add(text, "en", weight);
      expect(counter.distinct).toBe(MANY + 1);
      expect(counter.total).toBe((MANY + 2) * weight);
      expect(counter.countAt(0)).toBe(2 * weight);
    }
    counter.begin();
    counter.add("lamps and wicks", "en");
    expect(countsOf(counter)).toEqual(expectedOf(["lamp", "wick"]));
  });
});
