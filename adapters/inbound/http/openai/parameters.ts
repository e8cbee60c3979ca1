import type { z } from "zod";
import { messageOf, problemsOf } from "../validation.ts";
import { type ParameterCode, ParameterError, type ParameterProblem } from "./errors.ts";

/**
 * The parameters as the schema reads them; null stands for "not given", as the OpenAI API has it.
 * @param unsupported parameters that the OpenAI API knows and no model here does, each with what is to be said about it
 * @throws ParameterError with every problem
 */
export function readParameters<Output>(
  schema: z.ZodType<Output>,
  json: unknown,
  unsupported: Readonly<Record<string, string>>,
): Output {
  const problems: ParameterProblem[] = [];
  const given = isObject(json) ? givenParameters(json, unsupported, problems) : json;
  const result = schema.safeParse(given, { error: messageOf });
  if (!result.success) problems.push(...result.error.issues.flatMap((issue) => parameterProblems(issue, given)));
  if (!result.success || problems.length > 0) throw new ParameterError(problems);
  return result.data;
}

/** What is wrong with the value of a parameter. */
export function invalidValue(field: string, message: string): ParameterProblem {
  return { field, message, code: "invalid_value" };
}

/** What was given a value and can be read; what cannot goes to the problems. */
function givenParameters(
  json: Readonly<Record<string, unknown>>,
  unsupported: Readonly<Record<string, string>>,
  problems: ParameterProblem[],
): Readonly<Record<string, unknown>> {
  const given = Object.entries(json).filter(([name, value]) => {
    if (value === null) return false;
    const message = Object.hasOwn(unsupported, name) ? unsupported[name] : undefined;
    if (message !== undefined) problems.push({ field: name, message, code: "unsupported_parameter" });
    return message === undefined;
  });
  return Object.fromEntries(given);
}

function parameterProblems(issue: z.core.$ZodIssue, json: unknown): ParameterProblem[] {
  const code = codeOf(issue, json);
  return problemsOf(issue).map((problem) => ({ ...problem, code }));
}

function codeOf({ code, path }: z.core.$ZodIssue, json: unknown): ParameterCode {
  if (code === "unrecognized_keys") return "unknown_parameter";
  if (valueAt(json, path) === undefined) return "missing_required_parameter";
  return code === "invalid_type" ? "invalid_type" : "invalid_value";
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Readonly<Record<PropertyKey, unknown>>)[key] : undefined,
    json,
  );
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
