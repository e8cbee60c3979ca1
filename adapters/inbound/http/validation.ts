import { z } from "zod";
import { type Problem, ServiceError } from "../../../domain/errors.ts";

/** Problems that the `detail` names; `errors` has them all. */
const PROBLEMS_IN_DETAIL = 3;

/** The input as the schema reads it. @throws ServiceError invalid-request, with every problem by its field */
export function validate<Output>(schema: z.ZodType<Output>, json: unknown): Output {
  const result = schema.safeParse(json, { error: messageOf });
  if (result.success) return result.data;
  throw invalidRequest(result.error.issues.flatMap(problemsOf));
}

/** @param problems at least one */
export function invalidRequest(problems: readonly Problem[]): ServiceError {
  const named = problems.slice(0, PROBLEMS_IN_DETAIL).map(({ field, message }) => `${field || "the body"} ${message}`);
  const more = problems.length - named.length;
  const detail = `The request is invalid: ${named.join("; ")}${more === 0 ? "" : `; and ${more} more`}.`;
  return new ServiceError("invalid-request", detail, { problems });
}

/** Hands problems of a parser of our own, with paths of their own, through zod. */
export function foundProblems(context: z.RefinementCtx, problems: readonly Problem[]): never {
  for (const { field, message } of problems) context.addIssue({ code: "custom", message, params: { field } });
  return z.NEVER;
}

/** What is wrong, by its field: one problem, or one for each unknown field. */
export function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const field = fieldOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: field === "" ? key : `${field}.${key}`,
      message: "is not a known field",
    }));
  }
  const own: unknown = issue.code === "custom" ? issue.params?.field : undefined;
  return [{ field: typeof own === "string" ? own : field, message: issue.message }];
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((at, key) => {
    if (typeof key === "number") return `${at}[${key}]`;
    return at === "" ? String(key) : `${at}.${String(key)}`;
  }, "");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  array: "a list",
  object: "an object",
  boolean: "true or false",
};

/** The words for an issue, where zod's own do not fit. */
export function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return issue.input === undefined ? "is missing" : `must be ${issue.values.join(" or ")}`;
    case "too_small":
      return `must be at least ${issue.minimum}`;
    case "too_big":
      return tooBig(issue.origin, issue.maximum);
    default:
      return undefined;
  }
}

function tooBig(origin: string, maximum: number | bigint): string {
  if (origin === "string") return `must have at most ${maximum} characters`;
  return origin === "array" ? `must have at most ${maximum} items` : `must be at most ${maximum}`;
}
