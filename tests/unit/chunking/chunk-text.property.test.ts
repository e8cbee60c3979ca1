import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GptTokenizer } from "../../../adapters/outbound/tokenizer/tokenizer.ts";
import { chunkDocument } from "../../../application/chunking/chunk-text.ts";
import type { Section } from "../../../domain/document.ts";

const never = new AbortController().signal;
const tokenizer = new GptTokenizer();

/** What Markdown, Chinese and untidy input are made of. */
const fragment = fc.oneof(
  fc.lorem({ maxCount: 3, mode: "sentences" }),
  fc.constantFrom("\n", "\n\n", "\r\n", " ", "\t", "    ", "。", "：", ": ", "`", "|"),
  fc.constantFrom("# One\n", "\n## Two\n\n", "Under\n=====\n", "\n---\n", "\n```js\n", "\n```\n", "~~~\n"),
  fc.constantFrom("- item\n", "1. first\n", "  - nested\n", "> quote\n", "| a | b |\n|---|---|\n| 1 | 2 |\n"),
  fc.constantFrom(
    "索引由记录重建。",
    "崩溃不会丢失已确认的内容",
    "日本語の文。",
    "😀",
    "👩‍👩‍👧",
    "\u200b",
    "x".repeat(300),
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const text = fc.array(fragment, { maxLength: 60 }).map((fragments) => fragments.join(""));
const settings = fc
  .tuple(fc.integer({ min: 16, max: 64 }), fc.integer({ min: 0, max: 64 }))
  .map(([targetTokens, more]) => ({ targetTokens, maxTokens: targetTokens + more }));

/** Sections in order, with gaps between them or without. */
function sectionsOf(whole: string, shares: readonly number[]): Section[] {
  const cuts = shares.map((share) => Math.floor(share * whole.length)).sort((one, other) => one - other);
  return cuts
    .slice(1)
    .map((end, index) => ({ start: cuts[index] ?? 0, end, path: [`part ${index}`], page: index + 1 }));
}

describe("chunkDocument, whatever the text", () => {
  it("covers all but white space, in order and without overlap, within the limit", async () => {
    await fc.assert(
      fc.asyncProperty(text, settings, async (whole, limits) => {
        const chunks = await chunkDocument({ id: "d", text: whole }, limits, tokenizer, never);
        let covered = 0;
        for (const chunk of chunks) {
          expect(whole.slice(covered, chunk.start).trim()).toBe("");
          expect(chunk.text).toBe(whole.slice(chunk.start, chunk.end));
          expect(chunk.text.trim()).toBe(chunk.text);
          expect(chunk.text).not.toBe("");
          expect(chunk.tokens).toBe(tokenizer.count(chunk.text));
          expect(chunk.tokens).toBeLessThanOrEqual(limits.maxTokens);
          expect(chunk.searchText.endsWith(chunk.text)).toBe(true);
          covered = chunk.end;
        }
        expect(whole.slice(covered).trim()).toBe("");
        expect(new Set(chunks.map(({ id }) => id)).size).toBe(chunks.length);
      }),
      { numRuns: 300 },
    );
  });

  it("covers all but white space with any sections, and never leaves one of them", async () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(text, shares, settings, async (whole, cuts, limits) => {
        const sections = sectionsOf(whole, cuts);
        const chunks = await chunkDocument({ id: "d", text: whole, sections }, limits, tokenizer, never);
        let covered = 0;
        for (const { start, end, page } of chunks) {
          expect(whole.slice(covered, start).trim()).toBe("");
          if (page !== undefined) expect(end).toBeLessThanOrEqual(sections[page - 1]?.end ?? 0);
          covered = end;
        }
        expect(whole.slice(covered).trim()).toBe("");
      }),
      { numRuns: 200 },
    );
  });

  it("never parts the halves of a surrogate pair", async () => {
    const wellFormed = fc
      .array(fc.constantFrom("😀", "𝒳", "a", " ", "𠀋"), { maxLength: 400 })
      .map((all) => all.join(""));
    await fc.assert(
      fc.asyncProperty(wellFormed, settings, async (whole, limits) => {
        const chunks = await chunkDocument({ id: "d", text: whole }, limits, tokenizer, never);
        expect(chunks.every((chunk) => chunk.text.isWellFormed())).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
