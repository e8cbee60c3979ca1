import type { AttributeFilter, DocumentAttribute, DocumentAttributeValue } from "@aws-sdk/client-kendra";
import { ServiceError } from "../../../domain/errors.ts";
import type { Filter, Range, Scalar } from "../../../domain/filter.ts";
import { dateOf } from "./dates.ts";

/** More is a ValidationException: https://docs.aws.amazon.com/kendra/latest/APIReference/API_AttributeFilter.html */
const MAX_DEPTH = 2;
const MAX_LIST = 10;

/** https://docs.aws.amazon.com/kendra/latest/APIReference/API_DocumentAttributeValue.html */
const MAX_TEXT = 2_048;

type ListOperator = "AndAllFilters" | "OrAllFilters";
type Comparison = Exclude<Filter, { readonly op: "and" | "or" | "not" }>;

const BOUNDS = {
  gt: "GreaterThan",
  gte: "GreaterThanOrEquals",
  lt: "LessThan",
  lte: "LessThanOrEquals",
} as const satisfies Record<keyof Range, keyof AttributeFilter>;

/**
 * The filter in Kendra's words. A text that is an ISO date (`2024-05-01`, `2024-05-01T10:30:00Z`, `2024-05-01T10:30:00.000Z`)
 * is a date there, which knows instants only: two forms of one instant are equal. `not` is moved to the comparisons and lists
 * of one kind are joined, for Kendra takes two levels of operators, `not` among them, and ten filters in a list. Kendra's
 * NotFilter is a plain complement: a document that lacks the field satisfies it, as Pharos' `not` wants.
 * @throws ServiceError filter-unsupported: what Kendra does not know (`exists`, booleans, fractions, ranges of texts that are
 * no dates, texts that are empty or longer than 2,048 characters), lists that are empty, and filters too deep for it
 */
export function attributeFilterOf(filter: Filter): AttributeFilter {
  const translated = translate(filter, false);
  if (depthOf(translated) <= MAX_DEPTH) return translated;
  throw new ServiceError(
    "filter-unsupported",
    `Kendra takes a filter of at most ${MAX_DEPTH} levels of and, or, not, with ${MAX_LIST} filters in each; this one is deeper.`,
  );
}

function translate(filter: Filter, negated: boolean): AttributeFilter {
  switch (filter.op) {
    case "and":
    case "or":
      return joined((filter.op === "and") === negated ? "OrAllFilters" : "AndAllFilters", filter.filters, (part) =>
        translate(part, negated),
      );
    case "not":
      return translate(filter.filter, !negated);
    default:
      return compare(filter, negated);
  }
}

function compare(filter: Comparison, negated: boolean): AttributeFilter {
  const leaf = (comparison: AttributeFilter): AttributeFilter => (negated ? { NotFilter: comparison } : comparison);
  const attribute = (Value: DocumentAttributeValue): DocumentAttribute => ({ Key: filter.field, Value });
  switch (filter.op) {
    case "eq":
      return leaf({ EqualsTo: attribute(attributeValueOf(filter, filter.value)) });
    case "in":
      return joined(negated ? "AndAllFilters" : "OrAllFilters", filter.values, (value) =>
        leaf({ EqualsTo: attribute(attributeValueOf(filter, value)) }),
      );
    case "range":
      return joined(negated ? "OrAllFilters" : "AndAllFilters", boundsOf(filter), ([bound, value]) =>
        leaf({ [BOUNDS[bound]]: attribute(attributeBoundOf(filter, value)) }),
      );
    case "contains":
      return leaf({ ContainsAny: attribute({ StringListValue: [textIn(filter, filter.value)] }) });
    case "exists":
      throw unsupported(filter, "cannot test whether a field is there");
  }
}

/** One filter of the parts: lists of the same operator are taken apart, lists that are too long split in groups. */
function joined<Part>(
  operator: ListOperator,
  parts: readonly Part[],
  translatePart: (part: Part) => AttributeFilter,
): AttributeFilter {
  const filters = parts.map(translatePart).flatMap((part) => part[operator] ?? [part]);
  const [only] = filters;
  if (only === undefined)
    throw new ServiceError("filter-unsupported", "Kendra takes no list of filters or values that is empty.");
  return filters.length === 1 ? only : grouped(operator, filters);
}

function grouped(operator: ListOperator, filters: readonly AttributeFilter[]): AttributeFilter {
  if (filters.length <= MAX_LIST) return { [operator]: [...filters] };
  const size = Math.max(MAX_LIST, Math.ceil(filters.length / MAX_LIST));
  const groups = Array.from({ length: Math.ceil(filters.length / size) }, (_, index) =>
    grouped(operator, filters.slice(index * size, (index + 1) * size)),
  );
  return { [operator]: groups };
}

/** Levels of operators above the comparisons; 0 for a comparison alone. */
function depthOf(filter: AttributeFilter): number {
  const inner =
    filter.AndAllFilters ?? filter.OrAllFilters ?? (filter.NotFilter === undefined ? [] : [filter.NotFilter]);
  return inner.length === 0 ? 0 : 1 + Math.max(...inner.map(depthOf));
}

function boundsOf(range: Range): readonly (readonly [keyof Range, number | string])[] {
  const names = ["gt", "gte", "lt", "lte"] as const;
  return names.flatMap((name) => {
    const value = range[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

function attributeValueOf(filter: Comparison, value: Scalar): DocumentAttributeValue {
  if (typeof value === "boolean") throw unsupported(filter, "knows no true and false");
  if (typeof value === "number") return { LongValue: integerIn(filter, value) };
  const date = dateOf(value);
  return date === undefined ? { StringValue: textIn(filter, value) } : { DateValue: date };
}

function attributeBoundOf(filter: Comparison, bound: number | string): DocumentAttributeValue {
  if (typeof bound === "number") return { LongValue: integerIn(filter, bound) };
  const date = dateOf(bound);
  if (date !== undefined) return { DateValue: date };
  throw unsupported(filter, "orders numbers and dates only, dates written as 2024-05-01 or 2024-05-01T10:30:00Z");
}

function integerIn(filter: Comparison, value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw unsupported(filter, "knows integers only");
}

function textIn(filter: Comparison, text: string): string {
  if (text !== "" && text.length <= MAX_TEXT) return text;
  throw unsupported(filter, `takes texts of 1 to ${MAX_TEXT} characters`);
}

function unsupported({ field, op }: Comparison, reason: string): ServiceError {
  const problem = { field: `filter.${field.slice(0, 128)}`, message: `${op}: Kendra ${reason}` };
  return new ServiceError(
    "filter-unsupported",
    `Kendra cannot honour the filter's ${op} of ${field.slice(0, 128)}: it ${reason}.`,
    {
      problems: [problem],
    },
  );
}
