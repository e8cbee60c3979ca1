import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainName, unnamed } from "../../../application/unnamed-document.ts";
import type { Section } from "../../../domain/document.ts";

/** A document whose sections are these stretches, one after the other. */
function documentOf(title: string, ...parts: readonly { path: readonly string[]; text: string; page?: number }[]) {
  let text = "";
  const sections: Section[] = [];
  for (const { text: part, ...place } of parts) {
    sections.push({ start: text.length, end: text.length + part.length, ...place });
    text += `${part}\n\n`;
  }
  return { id: "d", title, text, sections };
}

describe("unnamed", () => {
  it("leaves neither title nor headings, and keeps the rest and its pages", () => {
    const document = documentOf(
      "The harbour",
      { path: [], text: "# The harbour\n\nIt is old." },
      { path: ["Ferry `times`"], text: "## Ferry `times` ##\n\nAt nine.\nFerry times\nAt ten.", page: 2 },
    );
    const result = unnamed(document);
    expect(result?.title).toBeUndefined();
    expect(result?.text).toBe("It is old.\n\nAt nine.\nAt ten.");
    expect(result?.sections).toEqual([
      { start: 0, end: 10, path: [] },
      { start: 12, end: 28, path: [], page: 2 },
    ]);
  });

  it("takes the title from the front of a running text, in English and in Chinese", () => {
    expect(unnamed(documentOf("Wing flutter", { path: [], text: "Wing flutter. A study of wings." }))?.text).toBe(
      "A study of wings.",
    );
    expect(unnamed(documentOf("战国无双", { path: [], text: "战国无双是一款游戏。" }))?.text).toBe("是一款游戏。");
  });

  it("knows a heading in other marks, case and width", () => {
    const document = documentOf("ＦＡＩＳＳ", {
      path: ["Flat [and](x.md) HNSW"],
      text: "### **FLAT and  hnsw**\nfaiss\nBelow.",
    });
    expect(unnamed(document)?.text).toBe("Below.");
  });

  it("is undefined where nothing else is left", () => {
    expect(unnamed(documentOf("Only a title", { path: [], text: "Only a title" }))).toBeUndefined();
    expect(unnamed({ id: "d", text: "No sections." })).toBeUndefined();
  });

  it("keeps no line that is a name, and its sections are stretches of its text in order", () => {
    const name = fc.constantFrom("One", "Two", "three", "# Four");
    const part = fc.record({
      path: fc.array(name, { maxLength: 2 }),
      text: fc
        .array(fc.oneof(name, fc.lorem({ maxCount: 4 })), { minLength: 1, maxLength: 5 })
        .map((lines) => lines.join("\n")),
    });
    fc.assert(
      fc.property(name, fc.array(part, { minLength: 1, maxLength: 4 }), (title, parts) => {
        const result = unnamed(documentOf(title, ...parts));
        if (result === undefined) return;
        const names = new Set([title, ...parts.flatMap(({ path }) => path)].map(plainName));
        for (const line of result.text.split("\n")) expect(names.has(plainName(line))).toBe(false);
        let covered = 0;
        for (const { start, end } of result.sections ?? []) {
          expect(start).toBeGreaterThanOrEqual(covered);
          expect(result.text.slice(start, end).trim()).toHaveLength(end - start);
          covered = end;
        }
        expect(covered).toBe(result.text.length);
      }),
    );
  });
});
