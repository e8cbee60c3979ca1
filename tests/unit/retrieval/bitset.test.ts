import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bitset } from "../../../adapters/outbound/faiss/engine/bitset.ts";

const slots = fc.array(fc.nat(5_000), { maxLength: 200 });

function bitset(members: Iterable<number>): Bitset {
  const set = new Bitset();
  for (const member of members) set.add(member);
  return set;
}

function membersOf(set: Bitset): readonly number[] {
  const members = [...set];
  expect(set.count).toBe(members.length);
  return members;
}

const rising = (members: Iterable<number>) => [...members].toSorted((one, other) => one - other);

describe("Bitset", () => {
  it("holds, counts, joins and parts what a set of numbers would", () => {
    fc.assert(
      fc.property(slots, slots, slots, (some, others, removed) => {
        const [one, other] = [bitset(some), bitset(others)];
        const [expected, expectedOther] = [new Set(some), new Set(others)];
        for (const slot of removed) {
          one.delete(slot);
          expected.delete(slot);
        }
        const copy = one.copy();
        expect(membersOf(copy)).toEqual(rising(expected));
        expect(membersOf(one.intersection(other))).toEqual(rising(expected.intersection(expectedOther)));
        expect(membersOf(one.without(other))).toEqual(rising(expected.difference(expectedOther)));
        copy.add(6_000);
        expect([copy.has(6_000), one.has(6_000), one.has(removed[0] ?? -1)]).toEqual([true, false, false]);
      }),
    );
  });
});
