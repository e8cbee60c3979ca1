import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenScanner } from "../../../domain/text/token-scanner.ts";

/** What a token is: `c++` or `c#`; or words and numbers with connectors, or commas between digits, inside. */
const TOKEN =
  /(?<![\p{L}\p{N}])[A-Za-z](?:\+\+|#)(?![\p{L}\p{N}])|[\p{L}\p{M}\p{N}]+(?:(?:['’._\-\u2010\u2011]|(?<=\d),(?=\d))[\p{L}\p{M}\p{N}]+)*/gu;

function tokensOf(text: string, start = 0, end = text.length): string[] {
  const scanner = new TokenScanner();
  scanner.scan(text, start, end);
  const tokens: string[] = [];
  while (scanner.next()) tokens.push(text.slice(scanner.start, scanner.end));
  return tokens;
}

/** Characters where tokens begin, go on and end, and parts of surrogate pairs. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(..."aZ9é漢か한ก\u0301#+++,,..'’_-\u2010\u2011 \n", "\ud800", "\udc00", "😀", "𠀀"),
      fc.string({ unit: "binary", maxLength: 2 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

describe("TokenScanner", () => {
  it("finds the tokens that the pattern finds", () => {
    fc.assert(
      fc.property(text, (sample) => {
        expect(tokensOf(sample)).toEqual(sample.match(TOKEN) ?? []);
      }),
      { numRuns: 1000 },
    );
  });

  it("sees nothing outside its stretch", () => {
    fc.assert(
      fc.property(text, text, text, (before, sample, after) => {
        const whole = before + sample + after;
        expect(tokensOf(whole, before.length, before.length + sample.length)).toEqual(tokensOf(sample));
      }),
      { numRuns: 1000 },
    );
  });

  it("gives a token the same hash wherever it stands", () => {
    fc.assert(
      fc.property(text, (sample) => {
        const [first, again] = [new TokenScanner(), new TokenScanner()];
        first.scan(sample, 0, sample.length);
        while (first.next()) {
          const token = sample.slice(first.start, first.end);
          again.scan(` ${token} `, 0, token.length + 2);
          expect(again.next()).toBe(true);
          expect([again.hash, again.classes]).toEqual([first.hash, first.classes]);
        }
      }),
    );
  });
});
