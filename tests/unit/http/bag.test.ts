import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bag } from "../../../adapters/inbound/http/bag.ts";

describe("Bag", () => {
  it("holds whoever came and has not left, in whatever order they come and go", () => {
    const steps = fc.array(fc.oneof(fc.constant("come" as const), fc.nat()), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const bag = new Bag<number>();
        const there = new Map<number, () => void>();
        for (const [at, step] of all.entries()) {
          const left = step === "come" ? undefined : [...there][step % Math.max(1, there.size)];
          if (step === "come") there.set(at, bag.add(at));
          left?.[1]();
          if (left !== undefined) there.delete(left[0]);
          expect(bag.size).toBe(there.size);
          expect(new Set(bag.members())).toEqual(new Set(there.keys()));
        }
      }),
    );
  });
});
