/** Whole numbers in [0, 2^32), evenly spread, the same ones for the same seed: mulberry32 (https://github.com/cprosche/mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The values in another order, the same one for the same seed (Fisher and Yates). */
export function shuffled<Value>(values: readonly Value[], seed: number): Value[] {
  const random = seededRandom(seed);
  const result = [...values];
  for (let end = result.length - 1; end > 0; end--) {
    const other = random() % (end + 1);
    [result[end], result[other]] = [result[other] as Value, result[end] as Value];
  }
  return result;
}
