import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dictionaryWordsOf } from "../../../domain/text/dictionary-words.ts";

const character = fc.oneof(
  fc.constantFrom(..."検索エンジンは文書を探します灯塔照亮港口ー々〆コンピューターの𠮷"),
  fc.integer({ min: 0x3041, max: 0x30ff }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0x4e00, max: 0x9fff }).map((code) => String.fromCharCode(code)),
);
const runs = fc.array(
  fc.array(character, { minLength: 1, maxLength: 20 }).map((characters) => characters.join("")),
  { maxLength: 8 },
);

describe("dictionaryWordsOf", () => {
  it("gives the words of three or more characters, run by run", () => {
    expect(dictionaryWordsOf(["検索エンジン", "引擎", "コンピューター"])).toEqual([
      ["エンジン"],
      [],
      ["コンピューター"],
    ]);
    expect(dictionaryWordsOf([])).toEqual([]);
  });

  it("gives each run the words that it has alone", () => {
    fc.assert(
      fc.property(runs, (together) => {
        expect(dictionaryWordsOf(together)).toEqual(together.flatMap((run) => dictionaryWordsOf([run])));
      }),
      { numRuns: 500 },
    );
  });
});
