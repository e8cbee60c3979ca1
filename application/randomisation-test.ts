import { seededRandom } from "./seeded-random.ts";

/** How often the signs are thrown where there are too many ways to try them all. */
const PERMUTATIONS = 100_000;

/** Up to this many differences every way is tried: 2^16 = 65,536. */
const MAX_EXACT = 16;
const SEED = 20_071_106;
/** What sums of the same numbers in another order may differ by, as a share of their size. */
const ROUNDING = 1e-12;

/**
 * The two-sided p value, in (0, 1], of Fisher's randomisation test on paired differences: how often their sum would be at
 * least as far from 0 if each had its sign by chance alone (Smucker, Allan & Carterette 2007,
 * https://doi.org/10.1145/1321440.1321528). Up to 16 differences that are not 0 the value is exact; above that it comes from
 * 100,000 throws of a fixed seed, the observed signs counted as one more (Phipson & Smyth 2010,
 * https://doi.org/10.2202/1544-6115.1585), so that it is never 0. 1 where there are no differences. The same for the negated differences.
 */
export function randomisationTest(differences: readonly number[]): number {
  const values = Float64Array.from(differences.filter((difference) => difference !== 0));
  const sizes = values.reduce((sum, value) => sum + Math.abs(value), 0);
  const extreme = Math.abs(values.reduce((sum, value) => sum + value, 0)) - sizes * ROUNDING;
  return values.length <= MAX_EXACT ? exact(values, extreme) : thrown(values, extreme);
}

function exact(values: Float64Array, extreme: number): number {
  const ways = 2 ** values.length;
  let count = 0;
  for (let signs = 0; signs < ways; signs++) {
    let sum = 0;
    for (let index = 0; index < values.length; index++) {
      sum += (signs >>> index) & 1 ? values[index]! : -values[index]!;
    }
    if (Math.abs(sum) >= extreme) count += 1;
  }
  return count / ways;
}

function thrown(values: Float64Array, extreme: number): number {
  const random = seededRandom(SEED);
  let count = 1;
  for (let throws = 0; throws < PERMUTATIONS; throws++) {
    let sum = 0;
    let signs = 0;
    for (let index = 0; index < values.length; index++) {
      if ((index & 31) === 0) signs = random();
      sum += signs & 1 ? values[index]! : -values[index]!;
      signs >>>= 1;
    }
    if (Math.abs(sum) >= extreme) count += 1;
  }
  return count / (PERMUTATIONS + 1);
}
