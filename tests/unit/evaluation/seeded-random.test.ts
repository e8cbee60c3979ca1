import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom, shuffled } from "../../../application/seeded-random.ts";

describe("seededRandom", () => {
  it("gives the numbers of the published mulberry32", () => {
    // mulberry32(1) of https://github.com/cprosche/mulberry32 gives these fractions of 2^32.
    const random = seededRandom(1);
    const fractions = [random(), random(), random()].map((value) => value / 2 ** 32);
    expect(fractions).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });

  it("spreads each bit evenly", () => {
    const random = seededRandom(7);
    const ones = new Array<number>(32).fill(0);
    for (let count = 0; count < 10_000; count++) {
      const value = random();
      for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((value >>> bit) & 1);
    }
    for (const count of ones) expect(Math.abs(count - 5_000)).toBeLessThan(250);
  });
});

describe("shuffled", () => {
  it("keeps every value, gives the same order for the same seed, and another one for another seed", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (values, seed) => {
        const result = shuffled(values, seed);
        expect(result.toSorted((one, other) => one - other)).toEqual(values.toSorted((one, other) => one - other));
        expect(shuffled(values, seed)).toEqual(result);
      }),
    );
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    expect(shuffled(numbers, 1)).not.toEqual(shuffled(numbers, 2));
  });
});
