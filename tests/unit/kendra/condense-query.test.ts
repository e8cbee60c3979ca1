import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { condenseQuery } from "../../../adapters/outbound/kendra/condense-query.ts";

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe("condenseQuery", () => {
  it("leaves a query as it is that Kendra reads whole, its stop words and marks too", () => {
    const query = `  What is the price — of a ferry, and why?  ${numbered("w", 27).join(" ")}`;
    expect(condenseQuery(query)).toEqual({ text: query, warnings: [] });
  });

  it("keeps every word of the question before any other", () => {
    const query = `${numbered("context", 50).join(" ")}. Who pays the harbour fee of a chartered ferry?`;
    const kept = ["context24", "pays", "harbour", "fee", "chartered", "ferry"];
    expect(condenseQuery(query).text.split(" ").slice(-6)).toEqual(kept);
  });

  it("takes the last sentence for the question where none asks", () => {
    const query = `${numbered("context", 50).join(" ")}. Tell me who pays.`;
    expect(condenseQuery(query).text).toMatch(/ Tell pays$/u);
  });

  it("finds the question of a Chinese query", () => {
    const context = Array.from({ length: 40 }, (_, index) => `第${index}个港口有渡轮。`).join("");
    const { text, warnings } = condenseQuery(`${context}谁支付码头费用？`);
    expect(text.replaceAll(" ", "")).toContain("支付码头费用");
    expect(warnings).toHaveLength(1);
  });

  it("keeps a word once, and first what is repeated", () => {
    const { text } = condenseQuery(
      `${numbered("a", 20).join(" ")} tide tide ${numbered("b", 20).join(" ")} TIDE. Go on now.`,
    );
    expect(text.split(" ").filter((word) => word.toLowerCase() === "tide")).toHaveLength(1);
  });

  it("never gives more than 30 words or 1,000 characters, and warns where something is lost", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 2_000 }), fc.lorem({ maxCount: 80 }), (noise, words) => {
        const query = `${words} ${noise}`;
        const { text, warnings } = condenseQuery(query);
        expect(text.length).toBeLessThanOrEqual(1_000);
        expect(text.isWellFormed() || !query.isWellFormed()).toBe(true);
        expect(warnings.length > 0).toBe(text !== query);
        expect(condenseQuery(query).text).toBe(text);
      }),
    );
  });
});
