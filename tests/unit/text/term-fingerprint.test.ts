import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { termFingerprint } from "../../../domain/text/term-fingerprint.ts";

describe("termFingerprint", () => {
  it("is an integer from 0 to 2^48 - 1, the same each time", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff)), (units) => {
        const term = String.fromCharCode(...units);
        const print = termFingerprint(term);
        return Number.isInteger(print) && print >= 0 && print < 2 ** 48 && print === termFingerprint(term);
      }),
    );
  });

  it("tells hundreds of thousands of similar terms apart", () => {
    const prints = new Set<number>();
    for (let number = 0; number < 200_000; number++) prints.add(termFingerprint(`term${number}`));
    for (let code = 0; code < 20_000; code++)
      prints.add(termFingerprint(String.fromCharCode(0x4e00 + code, 0x4e00 + (code % 91))));
    expect(prints.size).toBe(220_000);
  });
});
