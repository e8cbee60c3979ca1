/**
 * The p values of several tests, in their order, so adjusted that comparing each with 0.05 errs in one of all of them with
 * a probability of at most 0.05 (Holm 1979, https://www.jstor.org/stable/4615733): never below the given ones, at most 1.
 */
export function holmAdjusted(pValues: readonly number[]): readonly number[] {
  const ascending = [...pValues.keys()].sort((one, other) => (pValues[one] ?? 0) - (pValues[other] ?? 0));
  const adjusted = new Array<number>(pValues.length).fill(1);
  let floor = 0;
  for (const [rank, position] of ascending.entries()) {
    floor = Math.max(floor, Math.min(1, (pValues[position] ?? 1) * (pValues.length - rank)));
    adjusted[position] = floor;
  }
  return adjusted;
}
