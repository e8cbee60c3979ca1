import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { splitSentences } from "../../../domain/text/sentences.ts";

const sentencesOf = (text: string): string[] => splitSentences(text).map(({ start, end }) => text.slice(start, end));

/** All that regular expressions were given to read while the text was split, in characters. */
function charactersRead(text: string): number {
  const exec = vi.spyOn(RegExp.prototype, "exec");
  try {
    splitSentences(text);
    return exec.mock.calls.reduce((sum, [input]) => sum + input.length, 0);
  } finally {
    exec.mockRestore();
  }
}

describe("splitSentences", () => {
  it("splits English prose", () => {
    expect(sentencesOf("It works. Does it? It does!  Good.")).toEqual(["It works.", "Does it?", "It does!", "Good."]);
  });

  it("returns [] for white space", () => {
    expect(splitSentences("")).toEqual([]);
    expect(splitSentences(" \n\t\n")).toEqual([]);
  });

  it("does not end a sentence at an abbreviation, an initial, a decimal or a version", () => {
    const text = "See e.g. Fig. 3 by J. Smith et al. Version 1.2.3 of Dr. Who costs 3.14 dollars.";
    expect(sentencesOf(text)).toEqual([text]);
  });

  it("ends a sentence after a single capital when a common word follows", () => {
    expect(sentencesOf("It lacks vitamin C. The rest is fine.")).toEqual(["It lacks vitamin C.", "The rest is fine."]);
  });

  it("splits Chinese and Japanese without spaces, quotes kept whole", () => {
    expect(sentencesOf("他说：“你好。”然后走了。价格是3.14元！")).toEqual([
      "他说：“你好。”",
      "然后走了。",
      "价格是3.14元！",
    ]);
    expect(sentencesOf("検索は速い。「そうですか。」と言った。")).toEqual([
      "検索は速い。",
      "「そうですか。」",
      "と言った。",
    ]);
  });

  it("keeps a sentence over the line breaks of its paragraph and ends it at an empty line", () => {
    expect(sentencesOf("One line\nand the next. Two\r\nlines\n\nNew paragraph")).toEqual([
      "One line\nand the next.",
      "Two\r\nlines",
      "New paragraph",
    ]);
  });

  it("gives headings and list items without their markers, each on its own", () => {
    const text = "# Title\nIntro\n- first item\n  goes on\n- second. Item\n1. Third\n2) Fourth\n> quoted";
    expect(sentencesOf(text)).toEqual([
      "Title",
      "Intro",
      "first item\n  goes on",
      "second.",
      "Item",
      "Third",
      "Fourth",
      "quoted",
    ]);
  });

  it("leaves fenced code whole, closed or not", () => {
    const code = "```ts\nconst a = 1. Run();\n\n- b\n```";
    expect(sentencesOf(`Before.\n${code}\nAfter.`)).toEqual(["Before.", code, "After."]);
    expect(sentencesOf("~~~\nopen. End")).toEqual(["~~~\nopen. End"]);
  });

  it("gives each row of a table on its own and drops rules", () => {
    expect(sentencesOf("| a. B | c |\n| d | e |\n\n---\n\nText")).toEqual(["| a. B | c |", "| d | e |", "Text"]);
  });

  it("gives spans in order, trimmed, that leave out no letter", () => {
    const piece = fc.constantFrom(
      "Word",
      "a",
      ". ",
      "。",
      "「",
      "」",
      "\n",
      "\n\n",
      "- ",
      "# ",
      "```\n",
      " ",
      "3.14",
      "Dr.",
      "| x |",
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 40 }).map((parts) => parts.join("")),
      fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(text, (sample) => {
        let end = 0;
        let left = "";
        for (const span of splitSentences(sample)) {
          expect(span.start).toBeGreaterThanOrEqual(end);
          expect(span.end).toBeGreaterThan(span.start);
          const sentence = sample.slice(span.start, span.end);
          expect(sentence.trim()).toBe(sentence);
          left += sample.slice(end, span.start);
          end = span.end;
        }
        expect(left + sample.slice(end)).not.toMatch(/\p{L}/u);
      }),
    );
  });

  it("looks for an abbreviation in the 64 characters before a break only", () => {
    expect(sentencesOf(`See Dr.${" ".repeat(20)}Who`)).toHaveLength(1);
    expect(sentencesOf(`See Dr.${" ".repeat(80)}Who`)).toHaveLength(2);
  });

  it("takes the end of a long word for neither an initial nor an abbreviation", () => {
    expect(sentencesOf(`${"x".repeat(100)}A. Smith came.`)).toHaveLength(2);
    expect(sentencesOf(`${"1.".repeat(100)}Dr. Smith came.`)).toHaveLength(2);
  });

  it("gives k times the sentences for k copies of a text", () => {
    const sentence = fc.constantFrom(
      "It works. ",
      "See e.g. Fig. 3! ",
      `No ${"1.1".repeat(300)}! `,
      `A${"h".repeat(900)}? `,
      "Look ((((here! ",
    );
    fc.assert(
      fc.property(fc.array(sentence, { minLength: 1, maxLength: 5 }), fc.integer({ min: 2, max: 20 }), (parts, k) => {
        const text = parts.join("");
        expect(splitSentences(text.repeat(k))).toHaveLength(k * splitSentences(text).length);
      }),
    );
  });

  it.each([["e.g. U.S. "], ["Mr. J. R. R. "]])("reads twice as much for a text of twice the length: %s", (part) => {
    const once = charactersRead(part.repeat(100));
    expect(charactersRead(part.repeat(200))).toBeLessThan(2.2 * once);
  });
});
