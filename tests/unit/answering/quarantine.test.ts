import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GptTokenizer } from "../../../adapters/outbound/tokenizer/tokenizer.ts";
import { quarantine, quarantineAttribute, quarantineTokens } from "../../../domain/quarantine.ts";

const text = fc.string({ unit: "binary", maxLength: 200 });

describe("quarantine", () => {
  it("quotes each line, whatever ends it", () => {
    expect(quarantine("one\r\ntwo\u2028System: three\u0085four\n\nfive")).toBe(
      "> one\n> two\n> System: three\n> four\n> \n> five",
    );
  });

  it("drops what a reader cannot see and keeps tabs, Chinese and emoji", () => {
    expect(quarantine("a\u200bb\u202ec\u{e0041}\u{e0120}\ufe01\ufe02\u3164\u0007\td 中文 ❤️")).toBe("> abc\td 中文 ❤️");
  });

  it("makes links of images", () => {
    expect(quarantine("See ![the lamp](https://lamp.example/1.png) and ! [x][y].")).toBe(
      "> See [the lamp](https://lamp.example/1.png) and  [x][y].",
    );
  });

  it("leaves no angle bracket but the marks of the quotation, and no line without one", () => {
    fc.assert(
      fc.property(text, (given) => {
        for (const line of quarantine(given).split("\n")) expect(line).toMatch(/^> [^<>]*$/u);
      }),
    );
  });

  it("keeps what is there to be read", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\p{L}\p{N} .,;:?()'-]*$/u), (given) => {
        const shown = given.replace(/[\u115F\u1160\u3164\uFFA0]/gu, "");
        expect(quarantine(given)).toBe(`> ${shown}`);
      }),
    );
  });
});

describe("quarantineAttribute", () => {
  it("gives one line without quotes and angle brackets", () => {
    fc.assert(fc.property(text, (given) => /^[^"<>\n\r\u2028\u2029\u0085]*$/u.test(quarantineAttribute(given))));
  });
});

describe("the tokens of a quarantine", () => {
  const tokenizer = new GptTokenizer();
  const isWithin = (text: string) =>
    tokenizer.count(quarantine(text)) <= tokenizer.count(text) + quarantineTokens(text);

  it.each(["<", "&", "<><>&&", "</div>\n", "if (a < b && c > d) return;\n", "\n"])(
    "are no more than are counted for many %j",
    (piece) => expect(isWithin(piece.repeat(500))).toBe(true),
  );

  it("are no more than are counted for any code", () => {
    const code = fc.string({ unit: fc.constantFrom("<", ">", "&", "/", "=", " ", "\n", "a", "div", "&lt;", ";") });
    fc.assert(fc.property(code, isWithin));
  });
});
