import { describe, expect, it } from "vitest";
import { analysePassage, analyseQuery } from "../../../adapters/outbound/faiss/engine/analysis.ts";
import { decodePassageTerms, encodePassageTerms } from "../../../adapters/outbound/faiss/engine/passage-terms.ts";
import { analyze } from "../../../domain/text/analyzer.ts";
import { termFingerprint } from "../../../domain/text/term-fingerprint.ts";

const FRENCH = "La vérification des installations est faite par une entreprise qui est dans la région.";

function frequencyOf(term: string | undefined, bytes: Uint8Array): number | undefined {
  const { fingerprints, frequencies } = decodePassageTerms(bytes);
  return frequencies[fingerprints.indexOf(termFingerprint(term ?? ""))];
}

describe("analysePassage", () => {
  it("analyses a title in the language of its text, not as the English that it alone would count as", () => {
    const title = "Transformateurs";
    const beginning = analyze(title, "other").at(-1);
    expect(analyze(title)).not.toContain(beginning);
    expect(frequencyOf(beginning, analysePassage({ title, searchText: `${title}\n${FRENCH}` }))).toBe(3);
  });

  it("counts a title that leads the search text as the title only", () => {
    const bytes = analysePassage({ title: "Engine", searchText: "Engine\nIt keeps a record." });
    expect(frequencyOf(analyze("engine")[0], bytes)).toBe(3);
  });

  it("takes the language that the chunk says, where that has an analysis of its own, and else that of the text", () => {
    const analysed = (language?: string) => analysePassage({ title: "", searchText: FRENCH, language });
    expect(analysed("en")).toEqual(encodePassageTerms("", FRENCH, "en"));
    expect([analysed("fr"), analysed()]).toEqual(Array(2).fill(encodePassageTerms("", FRENCH, "other")));
    expect(analysed("en")).not.toEqual(analysed());
  });
});

describe("analyseQuery", () => {
  it("gives each term of the question once, with the number of its repetitions", () => {
    expect(analyseQuery("engine, engine")).toEqual([
      { fingerprint: termFingerprint(analyze("engine")[0] ?? ""), weight: 2 },
    ]);
  });
});
