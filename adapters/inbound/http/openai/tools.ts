import { z } from "zod";
import type { Tool, ToolChoice } from "../../../../domain/chat.ts";
import { unknownType } from "./content.ts";

/** Tools of one request at most: https://developers.openai.com/api/reference/resources/chat */
const MAX_TOOLS = 128;

/** Name of a function, or of a schema. */
export const functionName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/u, "must have 1 to 64 letters, digits, underscores and hyphens");

/** A JSON Schema; whether it is a good one is the vendor's to say. */
export const jsonSchema = z.record(z.string(), z.unknown());

const NO_PARAMETERS = { type: "object", properties: {} };

/** A function as a caller describes it, whatever stands around it. */
const functionFields = {
  name: functionName,
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
  strict: z.boolean().nullish(),
};

interface FunctionFields {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined;
  readonly strict?: boolean | null | undefined;
}

/** @param fields those of `functionFields`; without parameters the function takes none */
function toTool({ name, description, parameters, strict }: FunctionFields): Tool {
  return {
    name,
    parameters: parameters ?? NO_PARAMETERS,
    ...(typeof description === "string" ? { description } : {}),
    ...(strict === true ? { strict } : {}),
  };
}

/** As chat completions have them: the function in an object of its own. */
export const chatTools = z
  .array(
    z
      .strictObject({ type: z.literal("function"), function: z.strictObject(functionFields) })
      .transform(({ function: fields }) => toTool(fields)),
  )
  .max(MAX_TOOLS);

/** As responses have them. */
export const responseTools = z
  .array(
    z.discriminatedUnion(
      "type",
      [z.strictObject({ type: z.literal("function"), ...functionFields }).transform((fields) => toTool(fields))],
      { error: hostedTool },
    ),
  )
  .max(MAX_TOOLS);

/** What OpenAI runs itself has nobody here to run it. */
function hostedTool({ code, input }: z.core.$ZodRawIssue): string | undefined {
  if (code !== "invalid_union") return undefined;
  const type = typeof input === "object" && input !== null && "type" in input ? input.type : undefined;
  if (typeof type !== "string" || !/^[a-z_0-9]{1,64}$/u.test(type)) return "must be function";
  const instead = /search/u.test(type) ? "; retrieval searches your documents" : "";
  return `must be function: ${type} is not supported${instead}`;
}

const plainChoice = z.enum(["auto", "none", "required"]);

/** As chat completions have it. */
export const chatToolChoice = z.union(
  [
    plainChoice,
    z
      .strictObject({ type: z.literal("function"), function: z.strictObject({ name: functionName }) })
      .transform(({ function: { name } }): ToolChoice => ({ name })),
  ],
  { error: unknownType('auto, none, required, or {"type": "function", "function": {"name": "..."}}') },
);

/** As responses have it. */
export const responseToolChoice = z.union(
  [
    plainChoice,
    z.strictObject({ type: z.literal("function"), name: functionName }).transform(({ name }): ToolChoice => ({ name })),
  ],
  { error: unknownType('auto, none, required, or {"type": "function", "name": "..."}') },
);

/** Rules that tools and what is said of them must keep together. */
export function toolProblems(given: readonly Tool[], choice: ToolChoice | undefined): readonly [string, string][] {
  const names = given.map(({ name }) => name);
  const problems: [string, string][] = names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [[`tools[${index}]`, `has the name ${name} of an earlier tool`]],
  );
  if (choice === undefined) return problems;
  if (given.length === 0) problems.push(["tool_choice", "is only allowed with tools"]);
  else if (typeof choice === "object" && !names.includes(choice.name))
    problems.push(["tool_choice", `must name one of the tools, not ${choice.name}`]);
  return problems;
}
