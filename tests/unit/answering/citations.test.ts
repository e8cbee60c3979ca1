import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Citation } from "../../../domain/answer.ts";
import { CitationScanner, citationsOf } from "../../../domain/citations.ts";
import { citable } from "../../../domain/sources.ts";
import { passageOf, sourcesOf } from "../../support/passages.ts";

const CRASH = "The index is a copy. After a crash the index is rebuilt from the record. Nothing acknowledged is lost.";
const LIGHT = "The lighthouse of Alexandria was about 103 metres high. It stood on the island of Pharos.";

function only(citations: readonly Citation[]): Citation {
  expect(citations).toHaveLength(1);
  return citations[0] as Citation;
}

describe("citationsOf", () => {
  it("finds the sentence that supports the claim, with its exact offsets", () => {
    const answer = "The index is rebuilt from the record after a crash [1].";
    const citation = only(citationsOf(answer, sourcesOf(CRASH)));
    expect(citation.quote).toBe("After a crash the index is rebuilt from the record.");
    expect(CRASH.slice(citation.quoteSpan.start, citation.quoteSpan.end)).toBe(citation.quote);
    expect(answer.slice(citation.answerSpan.start, citation.answerSpan.end)).toBe(
      "The index is rebuilt from the record after a crash",
    );
    expect(citation.verified).toBe(true);
  });

  it("does not verify a claim that the passage says nothing of", () => {
    expect(only(citationsOf("Cats purr when they are content [1].", sourcesOf(CRASH))).verified).toBe(false);
  });

  it("does not verify a claim with another number than the quote", () => {
    const right = only(citationsOf("The lighthouse of Alexandria was 103 metres high [1].", sourcesOf(LIGHT)));
    const wrong = only(citationsOf("The lighthouse of Alexandria was 130 metres high [1].", sourcesOf(LIGHT)));
    expect([right.verified, wrong.verified]).toEqual([true, false]);
  });

  it("gives every marker of a group the same claim", () => {
    const citations = citationsOf(
      "The index is a copy [1][2]. Nothing acknowledged is lost [1, 2].",
      sourcesOf(CRASH, CRASH),
    );
    expect(citations.map(({ marker }) => marker)).toEqual([1, 2, 1, 2]);
    expect(citations[0]?.answerSpan).toEqual(citations[1]?.answerSpan);
    expect(citations[2]?.answerSpan).toEqual(citations[3]?.answerSpan);
    expect(citations[2]?.quote).toBe("Nothing acknowledged is lost.");
  });

  it("reads a marker that follows the full stop as part of the sentence before it", () => {
    const answer = "The index is a copy. Nothing acknowledged is lost. [1] More follows.";
    const { answerSpan } = only(citationsOf(answer, sourcesOf(CRASH)));
    expect(answer.slice(answerSpan.start, answerSpan.end)).toBe("Nothing acknowledged is lost.");
  });

  it("verifies Chinese claims", () => {
    const passage = "索引只是副本。崩溃之后,索引会从记录中重建。已确认的内容不会丢失。";
    const citation = only(citationsOf("崩溃之后索引从记录中重建【1】。", sourcesOf(passage)));
    expect(citation.quote).toBe("崩溃之后,索引会从记录中重建。");
    expect(citation.verified).toBe(true);
  });

  it("quotes neighbouring sentences where only together they hold the claim", () => {
    const citation = only(
      citationsOf("The lighthouse of Alexandria stood on the island of Pharos [1].", sourcesOf(LIGHT)),
    );
    expect(citation.quote).toBe(LIGHT);
  });

  it("carries the passage's document, title and uri", () => {
    const passage = passageOf(CRASH, { id: "p", documentId: "d", title: "Crashes", uri: "docs/crashes.md" });
    const citation = only(citationsOf("The index is a copy [1].", [{ marker: 1, passage }]));
    expect(citation).toMatchObject({ passageId: "p", documentId: "d", title: "Crashes", uri: "docs/crashes.md" });
  });
});

describe("CitationScanner", () => {
  it("tells which numbers no passage bears", () => {
    const scanner = new CitationScanner(citable(sourcesOf(CRASH)));
    expect(scanner.push("The index is a copy [7], and so on [3].")).toEqual([]);
    expect(scanner.unknownMarkers).toEqual([3, 7]);
  });

  it("finds the same citations however the answer is cut into pieces", () => {
    const answer =
      "The index is a copy [1]. After a crash it is rebuilt [1, 2]! 索引会重建【2】。 See [9] and arr[1] too.";
    const sources = citable(sourcesOf(CRASH, LIGHT));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const scanner = new CitationScanner(sources);
        const found: Citation[] = [];
        for (let at = 0, turn = 0; at < answer.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          found.push(...scanner.push(answer.slice(at, at + size)));
          at += size;
        }
        expect(found).toEqual(citationsOf(answer, sources));
      }),
    );
  });

  it("points to the quote's place in the document, with the passage's section, page and language", () => {
    const document = `Chapter one.\n\n${CRASH}`;
    const start = document.indexOf(CRASH);
    const location = { start, end: document.length, section: ["Safety", "Crashes"], page: 7 };
    const passage = passageOf(CRASH, { location, language: "en" });
    const citation = only(citationsOf("The index is rebuilt from the record [1].", [{ marker: 1, passage }]));
    expect(citation).toMatchObject({ language: "en", location: { section: ["Safety", "Crashes"], page: 7 } });
    expect(document.slice(citation.location?.start, citation.location?.end)).toBe(citation.quote);
  });

  it.each([
    ["only the page", { page: 7 }, "Nothing acknowledged is lost [1].", { page: 7 }],
    ["nothing", undefined, "Nothing acknowledged is lost [1].", undefined],
    ["no place for a quote that is not there", { start: 5, end: 107, page: 7 }, "Cats purr [1].", { page: 7 }],
    ["nothing but a place for such a quote", { start: 5, end: 107 }, "Cats purr [1].", undefined],
  ])("leaves out what the engine does not know: %s", (_, known, answer, location) => {
    const passage = passageOf(CRASH, known === undefined ? {} : { location: known });
    const citation = only(citationsOf(answer, [{ marker: 1, passage }]));
    expect(citation.location).toEqual(location);
    if (location === undefined) expect(citation).not.toHaveProperty("location");
    expect(citation).not.toHaveProperty("language");
  });

  it("never verifies a quote that does not stand in the passage at its offsets", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (answer, text) => {
        for (const { quote, quoteSpan, verified } of citationsOf(`${answer} [1]`, sourcesOf(text))) {
          expect(text.slice(quoteSpan.start, quoteSpan.end)).toBe(quote);
          if (verified) expect(quote).not.toBe("");
        }
      }),
    );
  });
});
