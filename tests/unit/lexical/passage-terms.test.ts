import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countQueryTerms,
  decodePassageTerms,
  encodePassageTerms,
} from "../../../adapters/outbound/faiss/engine/passage-terms.ts";
import { analyze } from "../../../domain/text/analyzer.ts";
import { detectLanguage } from "../../../domain/text/language.ts";
import { termFingerprint } from "../../../domain/text/term-fingerprint.ts";

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom("the engine", "snake_case", "検索エンジン", "검색엔진", "C++"),
      fc.string({ unit: "grapheme" }),
    ),
  )
  .map((parts) => parts.join(" "));

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
  const frequenciesOf = (bytes: Uint8Array, ...terms: string[]) => {
    const { fingerprints, frequencies } = decodePassageTerms(bytes);
    return terms.map((term) => frequencies[fingerprints.indexOf(termFingerprint(term))]);
  };

  it("counts the terms of the title as often as it is told", () => {
    const bytes = encodePassageTerms("faiss index", "index file file", "en", 3);
    expect(frequenciesOf(bytes, "faiss", "index", "file")).toEqual([3, 4, 2]);
    expect(decodePassageTerms(bytes).length).toBe(9);
  });

  it("leaves the title out where its weight is 0", () => {
    const { fingerprints, length } = decodePassageTerms(encodePassageTerms("faiss", "index", "en", 0));
    expect([...fingerprints]).toEqual([termFingerprint("index")]);
    expect(length).toBe(1);
  });

  it("counts up to 255 and leaves the length exact", () => {
    const { frequencies, length } = decodePassageTerms(
      encodePassageTerms("", "over ".repeat(10) + "long ".repeat(1000), "en"),
    );
    expect([...frequencies]).toEqual([255]);
    expect(length).toBe(1000);
  });

  it("bring back the terms that the analysis gives, the text's before the title's, wherever the bytes stand", () => {
    fc.assert(
      fc.property(text, text, fc.nat(7), (title, body, offset) => {
        const language = detectLanguage(body);
        const bytes = encodePassageTerms(title, body, language, 2);
        const moved = new Uint8Array(bytes.length + offset);
        moved.set(bytes, offset);
        const [titleTerms, bodyTerms] = [analyze(title, language), analyze(body, language)];
        const counted = countQueryTerms([...bodyTerms, ...titleTerms, ...titleTerms]);
        expect(decodePassageTerms(moved.subarray(offset))).toEqual({
          fingerprints: Float64Array.from(counted, ({ fingerprint }) => fingerprint),
          frequencies: Uint8Array.from(counted, ({ weight }) => weight),
          length: bodyTerms.length + 2 * titleTerms.length,
        });
      }),
    );
  });

  it("refuse bytes that are cut, too long, empty or of another format", () => {
    const bytes = encodePassageTerms("apple", "bread", "en");
    const other = bytes.slice();
    other[0] = 9;
    for (const bad of [bytes.subarray(0, -1), new Uint8Array([...bytes, 0]), new Uint8Array(), other]) {
      expect(() => decodePassageTerms(bad)).toThrow(RangeError);
    }
  });
});
