import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANALYZER_VERSION, analyze } from "../../../domain/text/analyzer.ts";

describe("analyze", () => {
  it("stems English and drops its stop words", () => {
    expect(analyze("The passages that were retrieved for a question")).toEqual(["passag", "retriev", "question"]);
  });

  it("returns [] for text without words", () => {
    expect(analyze("")).toEqual([]);
    expect(analyze(" \n — … !?")).toEqual([]);
    expect(analyze("the of and")).toEqual([]);
  });

  it("keeps the order and the repetitions of the text", () => {
    expect(analyze("index engine index")).toEqual(["index", "engin", "index"]);
  });

  it.each(["snake_case", "snake-case", "snakeCase", "SnakeCase", "snake\u2011case"])(
    "gives %s its parts and a whole that all spellings share",
    (spelling) => {
      expect(analyze(spelling)).toEqual(["snake", "case", "snakecas"]);
    },
  );

  it("takes HTTPServer apart before its last capital, and leaves mRNA and BM25 whole", () => {
    expect(analyze("HTTPServer")).toEqual(["http", "server", "httpserver"]);
    expect(analyze("mRNA BM25")).toEqual(["mrna", "bm25"]);
  });

  it("finds file names whole and in parts", () => {
    expect(analyze("domain/text/porter2.ts")).toEqual(["domain", "text", "porter2", "ts", "porter2ts"]);
    expect(analyze("Node.js")).toEqual(expect.arrayContaining(analyze("NodeJS")));
  });

  it("keeps versions and decimals in one piece and takes thousands separators out", () => {
    expect(analyze("v1.2.3, 0.5.1 and 3.14; 1,000 or 1,234,567.5")).toEqual([
      "v1.2.3",
      "0.5.1",
      "3.14",
      "1000",
      "1234567.5",
    ]);
  });

  it("knows C++, C# and dotted acronyms", () => {
    expect(analyze("C++ or C#, in the U.S.A.")).toEqual(["c++", "c#", "usa"]);
  });

  it("takes names in capitals for names, not for stop words", () => {
    expect(analyze("IT at the WHO")).toEqual(["it", "who"]);
    expect(analyze("it is who")).toEqual([]);
  });

  it("drops contractions and possessives, with either apostrophe", () => {
    expect(analyze("don't we'll they’re I'm the user's user’s")).toEqual(["user", "user"]);
  });

  it("parts compounds of too many pieces without a whole", () => {
    expect(analyze("a1-b1-c1-d1-e1-f1-g1")).toEqual(["a1", "b1", "c1", "d1", "e1", "f1", "g1"]);
  });

  it("gives Chinese and Japanese as characters, bigrams and the longer words", () => {
    expect(analyze("检索引擎")).toEqual(["检", "检索", "索", "索引", "引", "引擎", "擎"]);
    expect(new Set(analyze("データ"))).toEqual(new Set(["デ", "デー", "ー", "ータ", "タ", "データ"]));
    expect(analyze("検索エンジン")).toContain("エンジン");
  });

  it("does not join characters over punctuation or a change of script", () => {
    expect(analyze("快。慢")).toEqual(["快", "慢"]);
    expect(analyze("用Node.js写")).toEqual(["用", "node", "js", "nodej", "写"]);
  });

  it("gives Korean as pairs of syllables, a lone syllable as itself", () => {
    expect(analyze("검색엔진 책")).toEqual(["검색", "색엔", "엔진", "책"]);
  });

  it("gives scripts without spaces as runs of three characters", () => {
    expect(analyze("ภาษาไทย")).toEqual(["ภาษ", "าษา", "ษาไ", "าไท", "ไทย"]);
    expect(analyze("ไป")).toEqual(["ไป"]);
  });

  it("finds a word of another alphabet by its first five letters", () => {
    expect(analyze("информация информации дом")).toEqual(["инфор", "инфор", "дом"]);
    expect(analyze("πληροφορίες πληροφορία")).toEqual(["πληρο", "πληρο"]);
  });

  it("finds Arabic words without articles, endings and vowel signs", () => {
    expect(new Set(analyze("المكتبة مكتبات وَمَكْتَبَة والمكتبة"))).toEqual(new Set(["مكتب"]));
  });

  it("adds the beginnings of words to the text of another language in Latin letters, marked as no words", () => {
    expect(analyze("Häuser und Wohnungen", "other")).toEqual(["hauser", "hause*", "und", "wohnungen", "wohnu*"]);
    expect(analyze("Häuser und Wohnungen", "en")).toEqual(["hauser", "und", "wohnungen"]);
    expect(analyze("Das ist nicht die Wohnung")).toContain("wohnu*");
    expect(analyze("This is not the Wohnung")).not.toContain("wohnu*");
  });

  it("keeps the accents of Vietnamese, which tell words apart", () => {
    expect(analyze("một mốt mot", "en")).toEqual(["một", "mốt", "mot"]);
  });

  it("folds accents, width, ligatures and letters that Unicode does not decompose", () => {
    expect(analyze("Žižek ﬁle ＡＢＣ Straße Łódź", "en")).toEqual(["zizek", "file", "abc", "strass", "lodz"]);
    expect(analyze("ёлка йод")).toEqual(["елка", "йод"]);
  });

  it("gives composed and decomposed spellings the same terms", () => {
    const text = "naïve résumé Ångström ёлка й が 각";
    expect(analyze(text.normalize("NFD"))).toEqual(analyze(text.normalize("NFC")));
  });

  it("bounds the length of a term", () => {
    expect(analyze("x".repeat(10_000))[0]).toHaveLength(64);
  });

  it("gives any text non-empty terms without white space, the same ones each time", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 300 }), (units) => {
        const text = String.fromCharCode(...units);
        const terms = analyze(text);
        expect(analyze(text)).toEqual(terms);
        for (const term of terms) expect(term).toMatch(/^\S{1,64}$/u);
      }),
    );
  });

  it("does not look beyond white space", () => {
    const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(word, word, (left, right) => {
        expect(analyze(`${left} \n ${right}`, "en")).toEqual([...analyze(left, "en"), ...analyze(right, "en")]);
      }),
    );
  });

  it("takes each run of Chinese or Japanese for itself", () => {
    const character = fc.oneof(
      fc.constantFrom(..."検索エンジンは文書を探します灯塔照亮港口ー々〆コンピューターの"),
      fc.integer({ min: 0x3041, max: 0x30ff }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0x4e00, max: 0x9fff }).map((code) => String.fromCharCode(code)),
    );
    const run = fc.array(character, { maxLength: 20 }).map((characters) => characters.join("").normalize("NFKC"));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 6 }), (runs) => {
        expect(analyze(runs.join("。"), "ja")).toEqual(runs.flatMap((each) => analyze(each, "ja")));
      }),
    );
  });

  it("gives the same terms after a text of more words than it remembers", () => {
    const text = "The keepers of snake_case lighthouses, 灯塔照亮港口, wohnungen.";
    const before = analyze(text, "other");
    const many = Array.from({ length: 220_000 }, (_, index) => `x${index}`);
    expect(analyze(many.join(" "), "en")).toEqual(many);
    expect(analyze(text, "other")).toEqual(before);
  });

  it("has a version to record with an index", () => {
    expect(ANALYZER_VERSION).toBeGreaterThanOrEqual(1);
  });
});
