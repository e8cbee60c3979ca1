import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holmAdjusted } from "../../../application/holm-correction.ts";

const pValues = fc.array(fc.double({ min: 1e-6, max: 1, noNaN: true }), { maxLength: 12 });

describe("holmAdjusted", () => {
  it("multiplies the smallest by the number of tests, the next by one less, and never falls: by hand", () => {
    // Ascending: 0.01 * 4 = 0.04, 0.02 * 3 = 0.06, 0.03 * 2 = 0.06, 0.5 * 1 = 0.5.
    expect(holmAdjusted([0.02, 0.5, 0.01, 0.03]).map((value) => Number(value.toFixed(10)))).toEqual([
      0.06, 0.5, 0.04, 0.06,
    ]);
  });

  it("leaves a single p value alone, and none is none", () => {
    expect(holmAdjusted([0.03])).toEqual([0.03]);
    expect(holmAdjusted([])).toEqual([]);
  });

  it("is never below the given value, at most 1, in the same order, and between it and Bonferroni's", () => {
    fc.assert(
      fc.property(pValues, (values) => {
        const adjusted = holmAdjusted(values);
        expect(adjusted).toHaveLength(values.length);
        for (const [index, value] of values.entries()) {
          const corrected = adjusted[index] ?? Number.NaN;
          expect(corrected).toBeGreaterThanOrEqual(value);
          expect(corrected).toBeLessThanOrEqual(Math.min(1, value * values.length));
          for (const [other, rival] of values.entries()) {
            if (value < rival) expect(corrected).toBeLessThanOrEqual(adjusted[other] ?? Number.NaN);
          }
        }
      }),
    );
  });
});
