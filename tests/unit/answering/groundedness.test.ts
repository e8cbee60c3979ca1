import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groundednessOf } from "../../../domain/groundedness.ts";
import { citable } from "../../../domain/sources.ts";
import { sourcesOf } from "../../support/passages.ts";

const TOWER = "The lighthouse of Alexandria was 103 metres high. It stood on the island of Pharos.";
const ISLAND = "岛上有一座灯塔，高一百零三米。";
const grounded = (answer: string) => groundednessOf(answer, citable(sourcesOf(TOWER, ISLAND)));

describe("groundednessOf", () => {
  it("tells of each sentence whether a passage supports it, cited or not, and the share that is", () => {
    const answer =
      "The lighthouse was 103 metres high [1]. It stood on the island of Pharos. Cats purr when content [2].";
    const { score, sentences } = grounded(answer);
    expect(sentences.map(({ supported, marker }) => [supported, marker])).toEqual([
      [true, 1],
      [true, 1],
      [false, undefined],
    ]);
    expect(score).toBeCloseTo(2 / 3, 12);
    expect(sentences.map(({ span }) => answer.slice(span.start, span.end))[1]).toBe(
      "It stood on the island of Pharos.",
    );
  });

  it("supports no sentence with another number than its passage's", () => {
    expect(grounded("The lighthouse was 140 metres high [1].").score).toBe(0);
  });

  it("reads Chinese", () => {
    expect(grounded("岛上的灯塔高一百零三米【2】。它是昨天用塑料建造的。")).toMatchObject({
      score: 0.5,
      sentences: [{ supported: true, marker: 2 }, { supported: false }],
    });
  });

  it("leaves out what states nothing, and scores 0 where nothing is stated", () => {
    expect(grounded("[1] !")).toEqual({ score: 0, sentences: [] });
    expect(groundednessOf("The lighthouse was high.", []).score).toBe(0);
  });

  it("keeps its spans in order within the answer, and its score the share of what is supported", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("The lighthouse [1].", "Cats purr.", " ", "灯塔。", "[2]", "\n", "103")),
        (parts) => {
          const answer = parts.join(" ");
          const { score, sentences } = grounded(answer);
          let at = 0;
          for (const { span } of sentences) {
            expect(span.start).toBeGreaterThanOrEqual(at);
            expect(span.end).toBeLessThanOrEqual(answer.length);
            at = span.end;
          }
          const supported = sentences.filter((sentence) => sentence.supported).length;
          expect(score).toBe(sentences.length === 0 ? 0 : supported / sentences.length);
        },
      ),
    );
  });
});
