import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomisationTest } from "../../../application/randomisation-test.ts";

const differences = (maxLength: number) =>
  fc.array(
    fc.integer({ min: -1_000, max: 1_000 }).map((thousandths) => thousandths / 1_000),
    { maxLength },
  );

describe("randomisationTest", () => {
  it("counts every way that the signs can fall where there are few: three gains, by hand", () => {
    // +++ = 6 and --- = -6 are as far from 0 as the observed 6; ++- = 0, +-+ = 2, -++ = 4 and their negatives are not.
    expect(randomisationTest([1, 2, 3])).toBe(2 / 8);
  });

  it("counts ways that are just as far, and takes no notice of queries without a difference", () => {
    // Observed 1 + 2 - 3 = 0: everything is at least as far.
    expect(randomisationTest([1, 2, -3])).toBe(1);
    // Observed 4: 4, -4, 6 and -6 of the eight sums +-1 +-2 +-3.
    expect(randomisationTest([-1, 2, 3])).toBe(4 / 8);
    expect(randomisationTest([-1, 0, 2, 0, 3, 0])).toBe(4 / 8);
  });

  it("is not fooled by sums that rounding tells apart", () => {
    expect(randomisationTest([0.1, 0.2, 0.3])).toBe(2 / 8);
    expect(randomisationTest([0.1, 0.2, -0.3])).toBe(1);
  });

  it("is 1 where there is nothing to tell apart", () => {
    expect(randomisationTest([])).toBe(1);
    expect(randomisationTest([0, 0, 0])).toBe(1);
  });

  it("comes near to the exact value where it throws: 17 gains of 1 and 3 losses of 1", () => {
    // The sum 14 or more needs at least 17 of 20 positive: (1 + 20 + 190 + 1140) / 2^20, twice for both sides.
    const exact = (2 * 1_351) / 2 ** 20;
    const p = randomisationTest([...new Array<number>(17).fill(1), ...new Array<number>(3).fill(-1)]);
    const sigma = Math.sqrt((exact * (1 - exact)) / 100_000);
    expect(Math.abs(p - exact)).toBeLessThan(4 * sigma + 1e-5);
  });

  it("never says that something is impossible", () => {
    expect(randomisationTest(new Array<number>(200).fill(1))).toBe(1 / 100_001);
  });

  it("gives the same again, and the same for the negated differences; in (0, 1]", () => {
    fc.assert(
      fc.property(differences(12), (values) => {
        const p = randomisationTest(values);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(randomisationTest(values)).toBe(p);
        expect(randomisationTest(values.map((value) => -value))).toBe(p);
        expect(randomisationTest(values.toReversed())).toBe(p);
      }),
    );
    const many = Array.from({ length: 50 }, (_, index) => ((index * 37) % 19) / 19 - 0.4);
    expect(randomisationTest(many)).toBe(randomisationTest(many.map((value) => -value)));
  });

  it("is no surer of a smaller difference of the same queries: all gains give the least p there is", () => {
    fc.assert(
      fc.property(differences(10), (values) => {
        const gains = values.map(Math.abs);
        expect(randomisationTest(gains)).toBeLessThanOrEqual(randomisationTest(values));
      }),
    );
  });
});
