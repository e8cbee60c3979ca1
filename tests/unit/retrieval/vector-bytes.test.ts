import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack } from "../../../adapters/outbound/faiss/engine/vector-bytes.ts";

const DIMENSIONS = 3;
const ALL = Float32Array.from({ length: 30 }, (_, index) => index);

describe("pack", () => {
  it("gives the vectors one after the other, in their order, wherever they stand", () => {
    const places = fc.array(fc.nat(ALL.length - DIMENSIONS), { maxLength: 6 });
    const following = fc
      .tuple(fc.nat(9), fc.nat(8))
      .map(([start, count]) =>
        Array.from({ length: Math.min(count, 9 - start) }, (_, index) => (start + index) * DIMENSIONS),
      );
    fc.assert(
      fc.property(fc.oneof(places, following), (starts) => {
        const vectors = starts.map((start) => ALL.subarray(start, start + DIMENSIONS));
        expect([...pack(vectors)]).toEqual(vectors.flatMap((vector) => [...vector]));
      }),
    );
  });

  it("copies nothing where they stand so already", () => {
    const packed = pack([ALL.subarray(6, 9), ALL.subarray(9, 12)]);
    expect(packed.buffer).toBe(ALL.buffer);
    expect([...packed]).toEqual([6, 7, 8, 9, 10, 11]);
    expect(pack([ALL.subarray(9, 12), ALL.subarray(6, 9)]).buffer).not.toBe(ALL.buffer);
  });
});
