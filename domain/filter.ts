import type { Metadata, MetadataValue } from "./document.ts";
import type { Problem } from "./errors.ts";

/** A single value that a comparison can name. */
export type Scalar = string | number | boolean;

/** Bounds of a range; at least one; all numbers or all strings. */
export interface Range {
  readonly gt?: number | string;
  readonly gte?: number | string;
  readonly lt?: number | string;
  readonly lte?: number | string;
}

/**
 * What a passage's metadata must satisfy, in one language for every engine.
 *
 * - `eq` the field is this value, of the same type
 * - `in` the field is one of these values
 * - `range` the field is of the bounds' type and within them; text compares by UTF-16 code unit
 * - `exists` the field is there (true) or is not (false)
 * - `contains` the field is a list that holds this text
 *
 * A comparison with a field that is not there, or is of another type, is false, so its `not` is true.
 */
export type Filter =
  | { readonly op: "and"; readonly filters: readonly Filter[] }
  | { readonly op: "or"; readonly filters: readonly Filter[] }
  | { readonly op: "not"; readonly filter: Filter }
  | { readonly op: "eq"; readonly field: string; readonly value: Scalar }
  | { readonly op: "in"; readonly field: string; readonly values: readonly Scalar[] }
  | ({ readonly op: "range"; readonly field: string } & Range)
  | { readonly op: "exists"; readonly field: string; readonly value: boolean }
  | { readonly op: "contains"; readonly field: string; readonly value: string };

/** Whether the metadata satisfies the filter. The reference: every engine must agree with it, or refuse the filter. */
export function matchesFilter(filter: Filter, metadata: Metadata): boolean {
  switch (filter.op) {
    case "and":
      return filter.filters.every((part) => matchesFilter(part, metadata));
    case "or":
      return filter.filters.some((part) => matchesFilter(part, metadata));
    case "not":
      return !matchesFilter(filter.filter, metadata);
    default:
      return matchesField(filter, fieldOf(metadata, filter.field));
  }
}

type FieldFilter = Extract<Filter, { readonly field: string }>;

function matchesField(filter: FieldFilter, value: MetadataValue | undefined): boolean {
  switch (filter.op) {
    case "eq":
      return value === filter.value;
    case "in":
      return filter.values.some((candidate) => candidate === value);
    case "range":
      return inRange(filter, value);
    case "exists":
      return (value !== undefined) === filter.value;
    case "contains":
      return Array.isArray(value) && value.includes(filter.value);
  }
}

function fieldOf(metadata: Metadata, field: string): MetadataValue | undefined {
  return Object.hasOwn(metadata, field) ? metadata[field] : undefined;
}

function inRange(range: Range, value: MetadataValue | undefined): boolean {
  if (typeof value !== "number" && typeof value !== "string") return false;
  const holds = (bound: number | string | undefined, test: (bound: number | string) => boolean) =>
    bound === undefined || (typeof bound === typeof value && test(bound));
  return (
    holds(range.gt, (bound) => value > bound) &&
    holds(range.gte, (bound) => value >= bound) &&
    holds(range.lt, (bound) => value < bound) &&
    holds(range.lte, (bound) => value <= bound)
  );
}

/** Whether the filter names no field at all, or an `and` or an `or` in it is empty: written by mistake, it would take in everything. */
export function isEmptyFilter(filter: Filter): boolean {
  if (filter.op === "not") return isEmptyFilter(filter.filter);
  if (filter.op !== "and" && filter.op !== "or") return false;
  return filter.filters.length === 0 || filter.filters.some(isEmptyFilter);
}

/** Limits of a filter, so that a caller cannot make us work without end. */
export const FILTER_LIMITS = { depth: 16, nodes: 256, values: 1_024, fieldLength: 128, problems: 32 } as const;

export type ParsedFilter =
  | { readonly filter: Filter; readonly problems?: never }
  | { readonly problems: readonly Problem[]; readonly filter?: never };

/**
 * Reads the JSON that callers write: `{"lang": "zh", "year": {"range": {"gte": 2020}}, "not": {"draft": true}}`.
 * A bare value is short for `eq`; several keys in one object all hold; `and`, `or` take lists, `not` takes one filter.
 * Returns the filter, or the problems, the first 32 of them, with their paths below `at`.
 */
export function parseFilter(json: unknown, at = "filter"): ParsedFilter {
  const reader = new FilterReader();
  const filter = reader.read(json, at, 1);
  return filter === undefined || reader.problems.length > 0 ? { problems: reader.problems } : { filter };
}

const COMPARISONS = ["eq", "in", "range", "exists", "contains"] as const;
const BOUNDS = ["gt", "gte", "lt", "lte"] as const;

class FilterReader {
  readonly problems: Problem[] = [];
  private nodes = 0;

  read(json: unknown, at: string, depth: number): Filter | undefined {
    if (depth > FILTER_LIMITS.depth) return this.refuse(at, `at most ${FILTER_LIMITS.depth} levels deep`);
    if (!isRecord(json)) return this.refuse(at, "must be an object");
    const keys = Object.keys(json);
    if (keys.length === 0) return this.refuse(at, "must name at least one field, or and, or, not");
    const parts = keys.map((key) => this.readKey(key, json[key], `${at}.${key}`, depth));
    const filters = parts.filter((part) => part !== undefined);
    return filters.length === 1 && filters[0] !== undefined ? filters[0] : { op: "and", filters };
  }

  private readKey(key: string, value: unknown, at: string, depth: number): Filter | undefined {
    this.nodes += 1;
    if (this.nodes === FILTER_LIMITS.nodes + 1) return this.refuse(at, `at most ${FILTER_LIMITS.nodes} conditions`);
    if (this.nodes > FILTER_LIMITS.nodes) return undefined;
    if (key === "and" || key === "or") return this.readList(key, value, at, depth);
    if (key === "not") {
      const filter = this.read(value, at, depth + 1);
      return filter === undefined ? undefined : { op: "not", filter };
    }
    if (key === "" || key.length > FILTER_LIMITS.fieldLength) {
      return this.refuse(at, `a field's name has 1 to ${FILTER_LIMITS.fieldLength} characters`);
    }
    if (isScalar(value)) return { op: "eq", field: key, value };
    return this.readComparisons(key, value, at);
  }

  private readList(op: "and" | "or", value: unknown, at: string, depth: number): Filter | undefined {
    if (!Array.isArray(value) || value.length === 0) return this.refuse(at, "must be a list of at least one filter");
    const filters = value.map((part, index) => this.read(part, `${at}[${index}]`, depth + 1));
    return { op, filters: filters.filter((part) => part !== undefined) };
  }

  private readComparisons(field: string, value: unknown, at: string): Filter | undefined {
    if (!isRecord(value) || Object.keys(value).length === 0) {
      return this.refuse(at, `must be a text, a number, true, false, or an object with ${COMPARISONS.join(", ")}`);
    }
    const parts = Object.entries(value).map(([op, operand]) => this.readComparison(field, op, operand, `${at}.${op}`));
    const filters = parts.filter((part) => part !== undefined);
    return filters.length === 1 && filters[0] !== undefined ? filters[0] : { op: "and", filters };
  }

  private readComparison(field: string, op: string, operand: unknown, at: string): Filter | undefined {
    switch (op) {
      case "eq":
        return isScalar(operand)
          ? { op, field, value: operand }
          : this.refuse(at, "must be a text, a number, true or false");
      case "in":
        if (
          Array.isArray(operand) &&
          operand.length > 0 &&
          operand.length <= FILTER_LIMITS.values &&
          operand.every(isScalar)
        ) {
          return { op, field, values: operand };
        }
        return this.refuse(at, `must be a list of 1 to ${FILTER_LIMITS.values} texts, numbers, true or false`);
      case "range":
        return this.readRange(field, operand, at);
      case "exists":
        return typeof operand === "boolean" ? { op, field, value: operand } : this.refuse(at, "must be true or false");
      case "contains":
        return typeof operand === "string" ? { op, field, value: operand } : this.refuse(at, "must be a text");
      default:
        return this.refuse(at, `unknown comparison; known are ${COMPARISONS.join(", ")}`);
    }
  }

  private readRange(field: string, operand: unknown, at: string): Filter | undefined {
    if (!isRecord(operand) || Object.keys(operand).length === 0) {
      return this.refuse(at, `must be an object with at least one of ${BOUNDS.join(", ")}`);
    }
    const isBound = (key: string) => BOUNDS.some((bound) => bound === key);
    for (const key of Object.keys(operand)) {
      if (!isBound(key)) this.refuse(`${at}.${key}`, `unknown bound; known are ${BOUNDS.join(", ")}`);
    }
    const bounds = Object.entries(operand).filter(([key]) => isBound(key));
    const types = new Set(bounds.map(([, bound]) => typeof bound));
    const [type] = types;
    if (types.size !== 1 || (type !== "number" && type !== "string")) {
      return this.refuse(at, "the bounds must be all numbers or all texts");
    }
    if (!bounds.every(([, bound]) => isScalar(bound))) return this.refuse(at, "a number must be finite");
    return { op: "range", field, ...Object.fromEntries(bounds) };
  }

  private refuse(field: string, message: string): undefined {
    if (this.problems.length < FILTER_LIMITS.problems) this.problems.push({ field, message });
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is Scalar {
  return (
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  );
}
