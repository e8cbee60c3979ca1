import { z } from "zod";
import type { ResponseFormat } from "../../../../domain/chat.ts";
import { unknownType } from "./content.ts";
import { functionName, jsonSchema } from "./tools.ts";

/** A JSON Schema with its name, whatever stands around it. */
const schemaFields = {
  name: functionName,
  description: z.string().nullish(),
  schema: jsonSchema,
  strict: z.boolean().nullish(),
};
const plainFormats = [
  z.strictObject({ type: z.literal("text") }).transform((): ResponseFormat => ({ type: "text" })),
  z.strictObject({ type: z.literal("json_object") }).transform((): ResponseFormat => ({ type: "json-object" })),
] as const;
const error = unknownType("text, json_object or json_schema");

/** As chat completions have it: the schema in an object of its own. */
export const chatFormat = z.discriminatedUnion(
  "type",
  [
    ...plainFormats,
    z
      .strictObject({ type: z.literal("json_schema"), json_schema: z.strictObject(schemaFields) })
      .transform(({ json_schema: fields }) => schemaFormat(fields)),
  ],
  { error },
);

/** As responses have it. */
export const textFormat = z.discriminatedUnion(
  "type",
  [
    ...plainFormats,
    z
      .strictObject({ type: z.literal("json_schema"), ...schemaFields })
      .transform(({ type: _, ...fields }) => schemaFormat(fields)),
  ],
  { error },
);

interface SchemaFields {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly strict?: boolean | null | undefined;
}

function schemaFormat({ name, description, schema, strict }: SchemaFields): ResponseFormat {
  return {
    type: "json-schema",
    name,
    ...(typeof description === "string" ? { description } : {}),
    schema,
    ...(strict === true ? { strict } : {}),
  };
}
