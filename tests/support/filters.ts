import fc from "fast-check";
import type { Metadata } from "../../domain/document.ts";
import type { Filter, Scalar } from "../../domain/filter.ts";

const field = fc.constantFrom("colour", "year", "draft", "tags", "missing");
const value: fc.Arbitrary<Scalar> = fc.constantFrom<Scalar>("red", "green", 3, 7, true, false, "even", 0);
/** Filters over these fields, of which some let nothing through and some everything. */
export const { filter } = fc.letrec<{ filter: Filter; many: Filter[] }>((tie) => ({
  many: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }),
  filter: fc.oneof(
    { maxDepth: 3 },
    fc.record({ op: fc.constant("eq" as const), field, value }),
    fc.record({ op: fc.constant("in" as const), field, values: fc.array(value, { minLength: 1, maxLength: 4 }) }),
    fc.record({ op: fc.constant("exists" as const), field, value: fc.boolean() }),
    fc.record({ op: fc.constant("contains" as const), field, value: fc.constantFrom("even", "third", "x") }),
    fc.record({ op: fc.constant("range" as const), field, gte: fc.integer({ min: 0, max: 12 }) }),
    fc.record({ op: fc.constant("range" as const), field, gt: fc.constantFrom("g", "green", "z") }),
    fc.record({ op: fc.constant("not" as const), filter: tie("filter") }),
    fc.record({ op: fc.constant("and" as const), filters: tie("many") }),
    fc.record({ op: fc.constant("or" as const), filters: tie("many") }),
  ),
}));

/** Metadata that these filters speak of: any field may be missing, or be of another type than elsewhere. */
export const metadata: fc.Arbitrary<Metadata> = fc.record(
  {
    colour: fc.constantFrom<Scalar>("red", "green", "blue", 7),
    year: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom<Scalar>("even", "green")),
    draft: fc.boolean(),
    tags: fc.subarray(["even", "third", "x"]),
  },
  { requiredKeys: [] },
);
