/** A value as it stands in Kendra's JSON: dates are seconds since 1970. */
export type WireValue =
  | { readonly StringValue: string }
  | { readonly LongValue: number }
  | { readonly DateValue: number }
  | { readonly StringListValue: readonly string[] };

export type WireAttributes = Readonly<Record<string, WireValue>>;

/** What Kendra says of a filter that it does not take. */
export class InvalidFilter extends Error {}

type Json = Readonly<Record<string, unknown>>;

const LISTS = ["AndAllFilters", "OrAllFilters"];
const ORDERS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  GreaterThan: (value, bound) => value > bound,
  GreaterThanOrEquals: (value, bound) => value >= bound,
  LessThan: (value, bound) => value < bound,
  LessThanOrEquals: (value, bound) => value <= bound,
};
const OPERATORS = [...LISTS, "NotFilter", "EqualsTo", "ContainsAll", "ContainsAny", ...Object.keys(ORDERS)];

/**
 * Refuses what Kendra refuses: none or several operators in one filter, more than two levels, lists of none or more than
 * ten, attributes that the index does not have, values of another type than the attribute's, operators that the type lacks.
 * @throws InvalidFilter
 */
export function checkAttributeFilter(filter: unknown, types: ReadonlyMap<string, string>, depth = 0): void {
  const [operator, operand] = operationOf(filter);
  const children = childrenOf(operator, operand);
  if (children === undefined) {
    checkComparison(operator, operand, types);
    return;
  }
  if (depth === 2) throw new InvalidFilter("AttributeFilter cannot have a depth of more than 2.");
  if (children.length < 1 || children.length > 10)
    throw new InvalidFilter("AttributeFilter cannot have a length of more than 10");
  for (const child of children) checkAttributeFilter(child, types, depth + 1);
}

/** Whether a document with these attributes satisfies the filter, which `checkAttributeFilter` has let through. */
export function matchesAttributeFilter(filter: unknown, attributes: WireAttributes): boolean {
  const [operator, operand] = operationOf(filter);
  const children = childrenOf(operator, operand) ?? [];
  if (operator === "AndAllFilters") return children.every((child) => matchesAttributeFilter(child, attributes));
  if (operator === "OrAllFilters") return children.some((child) => matchesAttributeFilter(child, attributes));
  if (operator === "NotFilter") return !matchesAttributeFilter(operand, attributes);
  const [key, , wanted] = attributeOf(operand);
  const value = Object.hasOwn(attributes, key) ? Object.values(attributes[key] ?? {})[0] : undefined;
  return value !== undefined && compares(operator, value, wanted);
}

function compares(operator: string, value: unknown, wanted: unknown): boolean {
  if (operator === "EqualsTo") return value === wanted;
  if (Array.isArray(value) && Array.isArray(wanted)) {
    const held = (text: unknown) => value.includes(text);
    return operator === "ContainsAll" ? wanted.every(held) : wanted.some(held);
  }
  return ORDERS[operator]?.(Number(value), Number(wanted)) ?? false;
}

function checkComparison(operator: string, operand: unknown, types: ReadonlyMap<string, string>): void {
  const [key, type, value] = attributeOf(operand);
  if (types.get(key) === undefined) throw new InvalidFilter(`The attribute ${key} is not in the index.`);
  if (types.get(key) !== type) throw new InvalidFilter(`The attribute ${key} is no ${type}.`);
  const allowed = { StringValue: ["EqualsTo"], StringListValue: ["ContainsAll", "ContainsAny"] }[type] ?? [
    "EqualsTo",
    ...Object.keys(ORDERS),
  ];
  if (!allowed.includes(operator)) throw new InvalidFilter(`${operator} does not take a ${type}.`);
  const valid = {
    StringValue: typeof value === "string" && value.length >= 1 && value.length <= 2_048,
    StringListValue: Array.isArray(value) && value.length >= 1 && value.length <= 10,
    LongValue: Number.isInteger(value),
    DateValue: typeof value === "number",
  }[type];
  if (valid !== true) throw new InvalidFilter(`The value of ${key} is out of range.`);
}

function operationOf(filter: unknown): readonly [string, unknown] {
  const operations = isJson(filter) ? Object.entries(filter).filter(([, operand]) => operand !== null) : [];
  const [operation] = operations;
  if (operation === undefined || operations.length > 1) {
    throw new InvalidFilter(
      `AttributeFilter cannot have ${operations.length} operators. It must have one and only one.`,
    );
  }
  if (!OPERATORS.includes(operation[0])) throw new InvalidFilter(`There is no operator ${operation[0]}.`);
  return operation;
}

function childrenOf(operator: string, operand: unknown): readonly unknown[] | undefined {
  if (operator === "NotFilter") return [operand];
  if (!LISTS.includes(operator)) return undefined;
  return Array.isArray(operand) ? operand : [];
}

function attributeOf(operand: unknown): readonly [string, string, unknown] {
  const { Key: key, Value: value } = isJson(operand) ? operand : {};
  const [entry, ...others] = isJson(value) ? Object.entries(value) : [];
  if (typeof key !== "string" || entry === undefined || others.length > 0)
    throw new InvalidFilter("An attribute has a Key and one Value.");
  return [key, ...entry];
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
