import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Metadata } from "../../domain/document.ts";
import { FILTER_LIMITS, type Filter, isEmptyFilter, matchesFilter, parseFilter } from "../../domain/filter.ts";

const DOCUMENT: Metadata = {
  language: "en",
  year: 2020,
  rating: 4.5,
  draft: false,
  empty: "",
  tags: ["sea", "ship"],
  published: "2024-05-01",
};

describe("What satisfies a filter", () => {
  it.each<[string, unknown, boolean]>([
    ["a value that is equal", { language: "en" }, true],
    ["a value of another type", { year: "2020" }, false],
    ["false, which is a value", { draft: false }, true],
    ["an empty text, which is a value", { empty: "" }, true],
    ["a list, which is no single value", { tags: "sea" }, false],
    ["a field that is not there", { author: "ada" }, false],
    ["one of several values", { year: { in: [2019, 2020] } }, true],
    ["none of several values", { year: { in: [2019, "2020"] } }, false],
    ["a number within both bounds", { year: { range: { gte: 2020, lt: 2021 } } }, true],
    ["a number on the open bound", { year: { range: { gt: 2020 } } }, false],
    ["a number on the closed bound", { rating: { range: { lte: 4.5 } } }, true],
    ["a date within bounds", { published: { range: { gte: "2024-05", lt: "2024-06" } } }, true],
    ["a text against numbers", { language: { range: { gte: 0 } } }, false],
    ["a number against texts", { year: { range: { gte: "" } } }, false],
    ["true or false against bounds", { draft: { range: { gte: 0 } } }, false],
    ["a missing field against bounds", { author: { range: { gte: "" } } }, false],
    ["a field that is there", { empty: { exists: true } }, true],
    ["a field that is not there, asked to be absent", { author: { exists: false } }, true],
    ["a list that holds the text", { tags: { contains: "ship" } }, true],
    ["a list that holds a longer text", { tags: { contains: "shi" } }, false],
    ["a text, which is no list", { language: { contains: "e" } }, false],
    ["several keys that all hold", { language: "en", year: 2020 }, true],
    ["several keys of which one fails", { language: "en", year: 2021 }, false],
    ["several comparisons of one field", { year: { range: { gt: 2000 }, in: [2020] } }, true],
    ["one of two ways", { or: [{ language: "zh" }, { year: 2020 }] }, true],
    ["neither of two ways", { or: [{ language: "zh" }, { year: 1 }] }, false],
    ["the contrary", { not: { language: "zh" } }, true],
    ["the contrary of a missing field's comparison", { not: { author: { range: { gt: "a" } } } }, true],
    ["a name that every object has", { constructor: { exists: true } }, false],
    ["the name of every object's prototype", JSON.parse('{"__proto__": {"exists": true}}'), false],
  ])("knows %s", (_what, json, expected) => {
    expect(matchesFilter(filterOf(json), DOCUMENT)).toBe(expected);
  });

  it("compares text by UTF-16 code unit", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "\u{E000}", "\uFFFF", "😀", "\uD83D", "\uDE00") });
    fc.assert(
      fc.property(text, text, (value, bound) => {
        const filter: Filter = { op: "range", field: "text", lt: bound };
        expect(matchesFilter(filter, { text: value })).toBe(compareCodeUnits(value, bound) < 0);
      }),
    );
  });
});

describe("A filter in JSON", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(filters(), (filter) => {
        expect(parseFilter(jsonOf(filter))).toEqual({ filter });
        expect(isEmptyFilter(filter)).toBe(false);
      }),
    );
  });

  it("that is any JSON is read or refused with problems that say where", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const { filter, problems } = parseFilter(json, "filter");
        expect(filter === undefined).toBe(problems !== undefined);
        expect(problems?.length).not.toBe(0);
        for (const { field, message } of problems ?? []) {
          expect(field).toMatch(/^filter/u);
          expect(message).not.toBe("");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[string, unknown, readonly string[]]>([
    ["a text", "year", ["filter"]],
    ["a list", [], ["filter"]],
    ["nothing", {}, ["filter"]],
    ["null for a value", { year: null }, ["filter.year"]],
    ["a list for a value", { year: [2020] }, ["filter.year"]],
    ["no comparison", { year: {} }, ["filter.year"]],
    ["an unknown comparison", { year: { near: 2020 } }, ["filter.year.near"]],
    ["an empty name", { "": 1 }, ["filter."]],
    ["eq of a list", { tags: { eq: ["a"] } }, ["filter.tags.eq"]],
    ["eq of infinity", { year: JSON.parse("1e999") }, ["filter.year"]],
    ["in of nothing", { year: { in: [] } }, ["filter.year.in"]],
    ["in of lists", { year: { in: [[]] } }, ["filter.year.in"]],
    ["exists of a number", { year: { exists: 1 } }, ["filter.year.exists"]],
    ["contains of a number", { tags: { contains: 1 } }, ["filter.tags.contains"]],
    ["a range without bounds", { year: { range: {} } }, ["filter.year.range"]],
    ["a range with an unknown bound", { year: { range: { gt: 1, to: 2 } } }, ["filter.year.range.to"]],
    ["a range of two types", { year: { range: { gt: 1, lt: "2" } } }, ["filter.year.range"]],
    ["a range of true", { year: { range: { gt: true } } }, ["filter.year.range"]],
    ["a range to infinity", { year: { range: { lt: JSON.parse("1e999") } } }, ["filter.year.range"]],
    ["and of nothing", { and: [] }, ["filter.and"]],
    ["or of one filter outside a list", { or: { a: 1 } }, ["filter.or"]],
    ["not of a list", { not: [{ a: 1 }] }, ["filter.not"]],
    ["several mistakes", { a: null, or: [{ b: 1 }, { c: { near: 1 } }] }, ["filter.a", "filter.or[1].c.near"]],
  ])("is refused where it is %s, with the place", (_what, json, fields) => {
    expect(parseFilter(json).problems?.map(({ field }) => field)).toEqual(fields);
  });

  it("may be as deep as the limit and no deeper", () => {
    const nested = (depth: number): unknown => (depth === 1 ? { a: 1 } : { not: nested(depth - 1) });
    expect(parseFilter(nested(FILTER_LIMITS.depth)).problems).toBeUndefined();
    expect(parseFilter(nested(FILTER_LIMITS.depth + 1)).problems).toHaveLength(1);
    expect(parseFilter(nested(5_000)).problems).toHaveLength(1);
  });

  it("may have as many conditions as the limit and no more", () => {
    const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, 1]));
    expect(parseFilter(wide(FILTER_LIMITS.nodes)).problems).toBeUndefined();
    expect(parseFilter(wide(FILTER_LIMITS.nodes + 1)).problems).toHaveLength(1);
    expect(parseFilter(wide(10 * FILTER_LIMITS.nodes)).problems).toHaveLength(1);
  });

  it("may name as many values as the limit and no more", () => {
    const many = (count: number) => ({ year: { in: Array.from({ length: count }, (_, index) => index) } });
    expect(parseFilter(many(FILTER_LIMITS.values)).problems).toBeUndefined();
    expect(parseFilter(many(FILTER_LIMITS.values + 1)).problems).toHaveLength(1);
  });

  it("that is wrong in a hundred thousand places is refused with a list that one can read", () => {
    const places = Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1] as const);
    const mistakes = [
      { and: places.map(() => 1) },
      { a: Object.fromEntries(places) },
      { a: { range: Object.fromEntries(places) } },
    ];
    for (const json of mistakes) expect(parseFilter(json).problems).toHaveLength(FILTER_LIMITS.problems);
  });
});

function filterOf(json: unknown): Filter {
  const { filter, problems } = parseFilter(json);
  if (filter === undefined) throw new Error(JSON.stringify(problems));
  return filter;
}

function compareCodeUnits(one: string, other: string): number {
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const difference = one.charCodeAt(index) - other.charCodeAt(index);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** The longest way to write the filter. */
function jsonOf(filter: Filter): unknown {
  if (filter.op === "and" || filter.op === "or") return { [filter.op]: filter.filters.map(jsonOf) };
  if (filter.op === "not") return { not: jsonOf(filter.filter) };
  const { op, field, ...operand } = filter;
  const json = "value" in operand ? operand.value : "values" in operand ? operand.values : operand;
  return Object.fromEntries([[field, { [op]: json }]]);
}

function filters(): fc.Arbitrary<Filter> {
  const field = fc
    .oneof(fc.constantFrom("__proto__", "constructor", "eq", "range"), fc.string({ minLength: 1, maxLength: 128 }))
    .filter((name) => !["and", "or", "not"].includes(name));
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const scalar = fc.oneof(fc.string(), number, fc.boolean());
  const bounds = <Bound>(bound: fc.Arbitrary<Bound>) =>
    fc
      .record({ gt: bound, gte: bound, lt: bound, lte: bound }, { requiredKeys: [] })
      .filter((range) => Object.keys(range).length > 0);
  const comparison: fc.Arbitrary<Filter> = fc.oneof(
    fc.record({ op: fc.constant("eq" as const), field, value: scalar }),
    fc.record({ op: fc.constant("in" as const), field, values: fc.array(scalar, { minLength: 1, maxLength: 5 }) }),
    fc.record({ op: fc.constant("exists" as const), field, value: fc.boolean() }),
    fc.record({ op: fc.constant("contains" as const), field, value: fc.string() }),
    fc
      .tuple(field, fc.oneof(bounds(number), bounds(fc.string())))
      .map(([name, range]): Filter => ({ op: "range", field: name, ...range })),
  );
  const { filter } = fc.letrec<{ filter: Filter; filters: readonly Filter[] }>((tie) => ({
    filters: fc.array(tie("filter"), { minLength: 1, maxLength: 4 }),
    filter: fc.oneof(
      { maxDepth: 3 },
      comparison,
      fc.record({ op: fc.constantFrom("and" as const, "or" as const), filters: tie("filters") }),
      tie("filter").map((inner): Filter => ({ op: "not", filter: inner })),
    ),
  }));
  return filter;
}
