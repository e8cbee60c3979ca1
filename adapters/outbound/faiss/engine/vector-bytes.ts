/** The vector's bytes, not copied. */
export function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** The vector that the bytes hold; copied where they do not stand at a multiple of four. */
export function vectorOf(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / Float32Array.BYTES_PER_ELEMENT);
}

/** The vectors one after the other, not copied where they stand so; all have the same dimensions. */
export function pack(vectors: readonly Float32Array[]): Float32Array {
  const [first] = vectors;
  const dimensions = first?.length ?? 0;
  if (first !== undefined && standTogether(vectors, first)) {
    return new Float32Array(first.buffer, first.byteOffset, vectors.length * dimensions);
  }
  const packed = new Float32Array(vectors.length * dimensions);
  for (const [index, vector] of vectors.entries()) packed.set(vector, index * dimensions);
  return packed;
}

function standTogether(vectors: readonly Float32Array[], { buffer, byteOffset, byteLength }: Float32Array): boolean {
  return vectors.every(
    (vector, index) => vector.buffer === buffer && vector.byteOffset === byteOffset + index * byteLength,
  );
}
