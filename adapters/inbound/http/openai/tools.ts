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
  description: z.string().exactOptional(),
  parameters: jsonSchema.nullish(),
  strict: z.boolean().nullish(),
};

interface FunctionFields {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined;
  readonly strict?: boolean | null | undefined;
}

/** @param fields those of `functionFields`; without parameters the function takes none */
function toTool({ name, description, parameters, strict }: FunctionFields): Tool {
  return {
    name,
    parameters: parameters ?? NO_PARAMETERS,
    ...(description === undefined ? {} : { description }),
    ...(strict === true ? { strict } : {}),
  };
}

export const tools = z
  .array(
    z
      .strictObject({ type: z.literal("function"), function: z.strictObject(functionFields) })
      .transform(({ function: fields }) => toTool(fields)),
  )
  .max(MAX_TOOLS);

export const toolChoice = z.union(
  [
    z.enum(["auto", "none", "required"]),
    z
      .strictObject({ type: z.literal("function"), function: z.strictObject({ name: functionName }) })
      .transform(({ function: { name } }): ToolChoice => ({ name })),
  ],
  { error: unknownType('auto, none, required, or {"type": "function", "function": {"name": "..."}}') },
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
