import type { z } from "zod";
import type { Problem } from "../../domain/errors.ts";

/** The config cannot be used; `problems` lists every reason with its path in the file. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const lines = problems.map(({ field, message }) => `  ${field === "" ? "(the whole file)" : field}: ${message}`);
    super(`${file} cannot be used:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** What a schema makes of a value, or everything that it refuses. */
export type Checked<Output> =
  | { readonly data: Output; readonly problems?: never }
  | { readonly problems: readonly Problem[]; readonly data?: never };

/** Holds a value against a schema; each problem has its path and plain words, and never the value, which may be a secret. */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(value, { error: messageOf });
  return parsed.success ? { data: parsed.data } : { problems: parsed.error.issues.flatMap(problemsOf) };
}

/** The path as people write it: `models.gpt-4o.targets[1].model`; "" for the whole file. */
export function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((at, key) => {
    if (typeof key === "number") return `${at}[${key}]`;
    return at === "" ? String(key) : `${at}.${String(key)}`;
  }, "");
}

/** An unknown key is a problem of its own, and a bad key says what its own schema says. */
function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  const field = fieldOf(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ field: fieldOf([...issue.path, key]), message: "unknown key" }));
    case "invalid_key":
      return issue.issues.map(({ message }) => ({ field, message }));
    default:
      return [{ field, message: issue.message }];
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${typeName(issue)}`;
    case "invalid_value":
      return issue.input === undefined ? "is missing" : `must be one of ${issue.values.join(", ")}`;
    case "too_small":
      if (issue.origin === "string" || issue.origin === "array") return "must not be empty";
      return `must be at least ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    case "invalid_format":
      return issue.format === "url" ? "must be a URL" : undefined;
    default:
      return undefined;
  }
}

/** The bounds of a number's schema, as zod keeps them: at a whole number's own ends where it says none. */
interface NumberSchema {
  readonly format?: string | null;
  readonly minValue?: number | null;
  readonly maxValue?: number | null;
}

function typeName({ expected, inst }: z.core.$ZodRawIssue & { readonly expected: string }): string {
  const { format, minValue, maxValue } = (inst ?? {}) as NumberSchema;
  const name = TYPES[format === "safeint" ? "int" : expected] ?? expected;
  if (!isBound(minValue)) return name;
  return isBound(maxValue) ? `${name} from ${minValue} to ${maxValue}` : `${name} from ${minValue}`;
}

function isBound(value: number | null | undefined): value is number {
  return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
}
