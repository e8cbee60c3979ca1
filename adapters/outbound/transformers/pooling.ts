export type Pooling = "mean" | "cls" | "last";

/** States of shape `[batch][tokens][hidden]`, and a mask `[batch][tokens]` that is 1 for a token and 0 for padding. */
export interface TokenStates {
  readonly states: Float32Array;
  readonly mask: BigInt64Array;
  readonly batch: number;
  readonly tokens: number;
  readonly hidden: number;
}

/**
 * One vector for each text, one after the other, scaled to length 1, zeros as they are: the mean of its tokens, the first
 * of them or the last. Padding counts for nothing, on whichever side it is.
 */
export function pool(given: TokenStates, pooling: Pooling): Float32Array {
  const { batch, hidden } = given;
  const vectors = new Float32Array(batch * hidden);
  for (let text = 0; text < batch; text++) {
    const vector = vectors.subarray(text * hidden, (text + 1) * hidden);
    for (const token of pooled(given, text, pooling)) {
      const start = (text * given.tokens + token) * hidden;
      for (let index = 0; index < hidden; index++) {
        vector[index] = (vector[index] ?? 0) + (given.states[start + index] ?? 0);
      }
    }
    scaleToUnit(vector);
  }
  return vectors;
}

/** Places of the tokens that make the vector up; a mean needs no division, since the vector is scaled. */
function pooled({ mask, tokens }: TokenStates, text: number, pooling: Pooling): readonly number[] {
  const places = Array.from({ length: tokens }, (_, token) => token).filter(
    (token) => mask[text * tokens + token] !== 0n,
  );
  if (pooling === "mean") return places;
  return pooling === "cls" ? places.slice(0, 1) : places.slice(-1);
}

function scaleToUnit(vector: Float32Array): void {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length === 0) return;
  for (let index = 0; index < vector.length; index++) vector[index] = (vector[index] ?? 0) / length;
}
