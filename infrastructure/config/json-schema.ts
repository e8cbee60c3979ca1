import { z } from "zod";
import {
  type AdapterDefinition,
  completionAdapters,
  embeddingAdapters,
  rerankAdapters,
  searchAdapters,
} from "../container/registry.ts";
import { configSchema, modelSettings, rerankSettings, searchSettings, targetSettings } from "./schema.ts";

type JsonSchema = Record<string, unknown>;

/** A text with a variable in it is welcome wherever a number or a choice is. */
const VARIABLE: JsonSchema = { type: "string", pattern: "\\$\\{[^}]+\\}" };

/** The JSON Schema of `pharos.yaml`, for editors: what the strict check at start-up accepts, adapters' options included. */
export function configJsonSchema(): JsonSchema {
  const { properties, ...schema } = jsonSchemaOf(configSchema);
  const { $schema: _, ...rerank } = jsonSchemaOf(rerankSettings);
  const ofSearches = { ...propertiesOf(searchSettings), rerank };
  return {
    ...schema,
    title: "Pharos",
    properties: {
      ...(properties as JsonSchema),
      models: models(),
      embedders: entries(embeddingAdapters, "what a search's embedder can be"),
      rerankers: entries(rerankAdapters, "what a search's rerank.reranker can be"),
      searches: entries(searchAdapters, "what vector_search_type can be", ofSearches),
    },
  };
}

/** A model is one adapter with its options, or a list of these, each with a weight. */
function models(): JsonSchema {
  const own = propertiesOf(modelSettings);
  const { weight: _, ...alone } = propertiesOf(targetSettings);
  const { additionalProperties: one, ...schema } = entries(completionAdapters, "what llm_name can be", {
    ...alone,
    ...own,
  });
  const target = entries(completionAdapters, "", propertiesOf(targetSettings)).additionalProperties;
  const several = {
    type: "object",
    properties: { targets: { type: "array", minItems: 1, items: target }, ...own },
    required: ["targets"],
    additionalProperties: false,
  };
  return { ...schema, additionalProperties: { anyOf: [...(one as { anyOf: JsonSchema[] }).anyOf, several] } };
}

function propertiesOf(schema: z.ZodType): JsonSchema {
  return jsonSchemaOf(schema).properties as JsonSchema;
}

/** `shared` are keys that every entry may have, whatever its adapter. */
function entries(
  definitions: Readonly<Record<string, AdapterDefinition<unknown>>>,
  description: string,
  shared: JsonSchema = {},
): JsonSchema {
  const known = Object.entries(definitions).map(([name, { options }]) => entryOf(name, jsonSchemaOf(options), shared));
  const foreign = {
    type: "object",
    properties: {
      adapter: { type: "string", pattern: "^(\\.{1,2}/|/|file:)", description: "path of a module" },
      ...shared,
    },
    required: ["adapter"],
  };
  return { type: "object", description, additionalProperties: { anyOf: [...known, foreign] } };
}

function entryOf(adapter: string, { $schema: _, ...options }: JsonSchema, shared: JsonSchema): JsonSchema {
  const { properties = {}, required = [] } = options as { properties?: JsonSchema; required?: readonly string[] };
  return {
    ...options,
    properties: { adapter: { const: adapter }, ...properties, ...shared },
    required: ["adapter", ...required],
  };
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    override({ jsonSchema }) {
      if (
        jsonSchema.type !== "integer" &&
        jsonSchema.type !== "number" &&
        jsonSchema.type !== "boolean" &&
        jsonSchema.enum === undefined
      )
        return;
      const { description, default: fallback, ...plain } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as JsonSchema)[key];
      Object.assign(
        jsonSchema,
        { anyOf: [plain, VARIABLE] },
        description === undefined ? {} : { description },
        fallback === undefined ? {} : { default: fallback },
      );
    },
  });
}
