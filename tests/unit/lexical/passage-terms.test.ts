import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countPassageTerms,
  countQueryTerms,
  decodePassageTerms,
  encodePassageTerms,
} from "../../../adapters/outbound/faiss/engine/passage-terms.ts";
import { termFingerprint } from "../../../domain/text/term-fingerprint.ts";

const terms = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), { maxLength: 60 });

describe("countPassageTerms", () => {
  const frequencyOf = (counted: ReturnType<typeof countPassageTerms>, term: string) =>
    counted.frequencies[counted.fingerprints.indexOf(termFingerprint(term))];

  it("counts the terms of the title as often as it is told", () => {
    const counted = countPassageTerms(["faiss", "index"], ["index", "file", "file"], 3);
    expect(["faiss", "index", "file"].map((term) => frequencyOf(counted, term))).toEqual([3, 4, 2]);
    expect(counted.length).toBe(9);
  });

  it("leaves the title out where its weight is 0", () => {
    const counted = countPassageTerms(["faiss"], ["index"], 0);
    expect([...counted.fingerprints]).toEqual([termFingerprint("index")]);
    expect(counted.length).toBe(1);
  });

  it("counts up to 255 and leaves the length exact", () => {
    const counted = countPassageTerms([], Array<string>(1000).fill("again"));
    expect([...counted.frequencies]).toEqual([255]);
    expect(counted.length).toBe(1000);
  });
});

describe("countQueryTerms", () => {
  it("gives each term once, weighted by its repetitions", () => {
    expect(countQueryTerms(["a", "b", "a"])).toEqual([
      { fingerprint: termFingerprint("a"), weight: 2 },
      { fingerprint: termFingerprint("b"), weight: 1 },
    ]);
    expect(countQueryTerms([])).toEqual([]);
  });
});

describe("encodePassageTerms and decodePassageTerms", () => {
  it("bring back what went in, wherever the bytes stand in their buffer", () => {
    fc.assert(
      fc.property(terms, terms, fc.nat(7), (title, text, offset) => {
        const counted = countPassageTerms(title, text);
        const bytes = encodePassageTerms(counted);
        const moved = new Uint8Array(bytes.length + offset);
        moved.set(bytes, offset);
        expect(decodePassageTerms(moved.subarray(offset))).toEqual(counted);
      }),
    );
  });

  it("refuse bytes that are cut, too long, empty or of another format", () => {
    const bytes = encodePassageTerms(countPassageTerms(["a"], ["b"]));
    const other = bytes.slice();
    other[0] = 9;
    for (const bad of [bytes.subarray(0, -1), new Uint8Array([...bytes, 0]), new Uint8Array(), other]) {
      expect(() => decodePassageTerms(bad)).toThrow(RangeError);
    }
  });
});
