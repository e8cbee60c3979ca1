import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attributeFilterOf } from "../../../adapters/outbound/kendra/filters.ts";
import type { Metadata, MetadataValue } from "../../../domain/document.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { type Filter, matchesFilter } from "../../../domain/filter.ts";
import {
  checkAttributeFilter,
  matchesAttributeFilter,
  type WireValue,
} from "../../support/wires/kendra-attribute-filter.ts";

const eq = (field: string, value: string | number | boolean): Filter => ({ op: "eq", field, value });
const equals = (Key: string, StringValue: string) => ({ EqualsTo: { Key, Value: { StringValue } } });
const not = (filter: Filter): Filter => ({ op: "not", filter });
const and = (...filters: readonly Filter[]): Filter => ({ op: "and", filters });
const or = (...filters: readonly Filter[]): Filter => ({ op: "or", filters });
const [A, B, C] = [eq("a", "x"), eq("b", "y"), eq("c", "z")];
const [KENDRA_A, KENDRA_B, KENDRA_C] = [equals("a", "x"), equals("b", "y"), equals("c", "z")];

describe("A filter in Kendra's words", () => {
  const TRANSLATIONS: readonly (readonly [string, Filter, unknown])[] = [
    ["a text", A, KENDRA_A],
    ["an integer", eq("n", 0), { EqualsTo: { Key: "n", Value: { LongValue: 0 } } }],
    [
      "a day",
      eq("d", "2024-02-29"),
      { EqualsTo: { Key: "d", Value: { DateValue: new Date("2024-02-29T00:00:00Z") } } },
    ],
    [
      "a time",
      eq("d", "2024-02-29T10:30:00Z"),
      { EqualsTo: { Key: "d", Value: { DateValue: new Date("2024-02-29T10:30:00Z") } } },
    ],
    ["a day that the calendar lacks, as a text", eq("d", "2023-02-29"), equals("d", "2023-02-29")],
    ["a text that begins like a date", eq("d", "2024-05-01 notes"), equals("d", "2024-05-01 notes")],
    ["one of several", { op: "in", field: "a", values: ["x", "y"] }, { OrAllFilters: [KENDRA_A, equals("a", "y")] }],
    ["one of one", { op: "in", field: "a", values: ["x"] }, KENDRA_A],
    [
      "a range",
      { op: "range", field: "n", gte: 1, lt: 5 },
      {
        AndAllFilters: [
          { GreaterThanOrEquals: { Key: "n", Value: { LongValue: 1 } } },
          { LessThan: { Key: "n", Value: { LongValue: 5 } } },
        ],
      },
    ],
    [
      "a range of dates",
      { op: "range", field: "d", gt: "2024-05-01" },
      { GreaterThan: { Key: "d", Value: { DateValue: new Date("2024-05-01") } } },
    ],
    [
      "a list's text",
      { op: "contains", field: "l", value: "x" },
      { ContainsAny: { Key: "l", Value: { StringListValue: ["x"] } } },
    ],
    ["and", and(A, B), { AndAllFilters: [KENDRA_A, KENDRA_B] }],
    ["and within and, joined", and(A, and(B, C)), { AndAllFilters: [KENDRA_A, KENDRA_B, KENDRA_C] }],
    ["or within and", and(A, or(B, C)), { AndAllFilters: [KENDRA_A, { OrAllFilters: [KENDRA_B, KENDRA_C] }] }],
    ["a list of one, taken apart", and(or(A)), KENDRA_A],
    ["not", not(A), { NotFilter: KENDRA_A }],
    ["not of not", not(not(A)), KENDRA_A],
    ["not of and, moved inwards", not(and(A, not(B))), { OrAllFilters: [{ NotFilter: KENDRA_A }, KENDRA_B] }],
    [
      "not of or within and, in two levels",
      and(A, not(or(B, C))),
      { AndAllFilters: [KENDRA_A, { NotFilter: KENDRA_B }, { NotFilter: KENDRA_C }] },
    ],
  ];
  for (const [what, filter, expected] of TRANSLATIONS) {
    it(`says ${what}`, () => expect(attributeFilterOf(filter)).toEqual(expected));
  }

  it("splits lists of more than ten in groups of ten", () => {
    const values = Array.from({ length: 23 }, (_, index) => index);
    const { OrAllFilters: groups = [] } = attributeFilterOf({ op: "in", field: "n", values });
    expect(groups.map((group) => group.OrAllFilters?.length)).toEqual([10, 10, 3]);
  });

  const REFUSALS: readonly (readonly [string, Filter, string])[] = [
    ["true and false", eq("draft", true), "eq of draft"],
    ["a fraction", eq("rating", 1.5), "eq of rating"],
    ["an integer that JavaScript cannot hold", eq("n", 2 ** 53), "eq of n"],
    ["a fraction among integers", { op: "in", field: "rating", values: [1, 1.5] }, "in of rating"],
    ["an empty text", eq("a", ""), "eq of a"],
    ["a text of 2,049 characters", eq("a", "x".repeat(2_049)), "eq of a"],
    ["exists", { op: "exists", field: "a", value: true }, "exists of a"],
    ["a range of texts", { op: "range", field: "a", gte: "b" }, "range of a"],
    ["a range of dates with an offset", { op: "range", field: "d", gte: "2024-05-01T00:00:00+02:00" }, "range of d"],
    ["a range of fractions", { op: "range", field: "n", gt: 0.5 }, "range of n"],
    ["not of what it does not know", not(eq("draft", true)), "eq of draft"],
    ["a list of no filters", and(), "empty"],
    ["a list of no values", { op: "in", field: "a", values: [] }, "empty"],
    ["three levels", and(A, or(B, and(A, C))), "2 levels"],
    ["not in the second level", and(A, or(B, not(C))), "2 levels"],
    ["101 values", { op: "in", field: "n", values: Array.from({ length: 101 }, (_, index) => index) }, "2 levels"],
  ];
  for (const [what, filter, words] of REFUSALS) {
    it(`refuses ${what}`, () => {
      expect(() => attributeFilterOf(filter)).toThrowError(
        expect.objectContaining({ code: "filter-unsupported", message: expect.stringContaining(words) }),
      );
    });
  }
});

describe("Every filter", () => {
  const TYPES = new Map([
    ["text", "StringValue"],
    ["number", "LongValue"],
    ["date", "DateValue"],
    ["list", "StringListValue"],
  ]);
  const WORDS = ["a", "b", "c"] as const;
  const DATES = ["2024-05-01", "2024-05-01T10:30:00Z", "2024-05-02", "2024-05-03T23:59:59Z"] as const;
  const word = fc.constantFrom(...WORDS);
  const number = fc.integer({ min: 0, max: 3 });
  const date = fc.constantFrom(...DATES);
  const metadata: fc.Arbitrary<Metadata> = fc.record(
    { text: word, number, date, list: fc.uniqueArray(word) },
    { requiredKeys: [] },
  );

  it("lets exactly those documents through that satisfy it, within Kendra's limits, or is refused", () => {
    const outcomes = { honoured: 0, refused: 0 };
    fc.assert(
      fc.property(filters(), fc.array(metadata, { minLength: 1, maxLength: 8 }), (filter, documents) => {
        const translated = outcomeOf(filter);
        outcomes[translated === undefined ? "refused" : "honoured"] += 1;
        if (translated === undefined) return;
        checkAttributeFilter(translated, TYPES);
        const found = documents.filter((document) => matchesAttributeFilter(translated, attributesOf(document)));
        expect(found).toEqual(documents.filter((document) => matchesFilter(filter, document)));
      }),
      { numRuns: 1_000 },
    );
    expect(outcomes.honoured).toBeGreaterThan(200);
    expect(outcomes.refused).toBeGreaterThan(50);
  });

  /** The filter as Kendra gets it on the wire. */
  function outcomeOf(filter: Filter): unknown {
    try {
      const asSent = (_key: string, value: unknown) => (isIsoTime(value) ? Date.parse(value) / 1_000 : value);
      return JSON.parse(JSON.stringify(attributeFilterOf(filter)), asSent);
    } catch (error) {
      expect(error).toBeInstanceOf(ServiceError);
      return undefined;
    }
  }

  function isIsoTime(value: unknown): value is string {
    return typeof value === "string" && /^\d{4}-.*T.*\.\d{3}Z$/u.test(value);
  }

  function attributesOf(document: Metadata): Record<string, WireValue> {
    const wire = (key: string, value: MetadataValue): WireValue => {
      if (typeof value === "number") return { LongValue: value };
      if (key === "date") return { DateValue: Date.parse(String(value)) / 1_000 };
      return typeof value === "string" ? { StringValue: value } : { StringListValue: value as readonly string[] };
    };
    return Object.fromEntries(Object.entries(document).map(([key, value]) => [key, wire(key, value)]));
  }

  function filters(): fc.Arbitrary<Filter> {
    const bounds = <Bound>(bound: fc.Arbitrary<Bound>) =>
      fc.record({ gt: bound, lte: bound }, { requiredKeys: ["lte"] });
    const comparison: fc.Arbitrary<Filter> = fc.oneof(
      word.map((value) => eq("text", value)),
      number.map((value) => eq("number", value)),
      date.map((value) => eq("date", value)),
      fc.array(word, { minLength: 1, maxLength: 12 }).map((values): Filter => ({ op: "in", field: "text", values })),
      bounds(number).map((range): Filter => ({ op: "range", field: "number", ...range })),
      bounds(date).map((range): Filter => ({ op: "range", field: "date", ...range })),
      word.map((value): Filter => ({ op: "contains", field: "list", value })),
    );
    const { filter } = fc.letrec<{ filter: Filter; many: readonly Filter[] }>((tie) => ({
      many: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }),
      filter: fc.oneof(
        { maxDepth: 4 },
        { weight: 4, arbitrary: comparison },
        { weight: 1, arbitrary: tie("many").map((filters) => and(...filters)) },
        { weight: 1, arbitrary: tie("many").map((filters) => or(...filters)) },
        { weight: 1, arbitrary: tie("filter").map(not) },
      ),
    }));
    return filter;
  }
});
