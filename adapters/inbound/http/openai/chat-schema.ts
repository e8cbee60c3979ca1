import { z } from "zod";
import type { ResponseFormat } from "../../../../domain/chat.ts";
import { parseFilter } from "../../../../domain/filter.ts";
import { QUESTION_LIMITS } from "../../../../domain/question.ts";
import type { DefaultAndMax, HttpLimits } from "../settings.ts";
import { foundProblems } from "../validation.ts";
import { text, unknownType } from "./content.ts";
import { messages } from "./messages.ts";
import { functionName, jsonSchema, toolChoice, tools } from "./tools.ts";

/** Characters that the name of a model, with that of a search, has at most. */
const NAME_LENGTH = 512;
/** Answers to one request at most: each is a call of the model. */
const MAX_CHOICES = 8;
const MAX_STOPS = 4;
const MAX_LOGPROBS = 20;

export type ChatBody = z.output<ReturnType<typeof chatSchema>>;

/** Parameters that change nothing here, whatever their value: what they are for is the vendor's own, or OpenAI's. */
export const IGNORED_PARAMETERS = [
  "user",
  "metadata",
  "store",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prompt_cache_options",
] as const;

/** Parameters that no model can be asked for through Pharos, each with what is said about it. */
export const UNSUPPORTED_PARAMETERS: Readonly<Record<string, string>> = {
  functions: "is not supported: use tools",
  function_call: "is not supported: use tool_choice",
  audio: "is not supported: answers are text",
  prediction: "is not supported",
  logit_bias: "is not supported",
  web_search_options: "is not supported: use retrieval",
  moderation: "is not supported",
};

/** The body of `POST /v1/chat/completions`, strict; built once, for the limits of the config. */
export function chatSchema(limits: HttpLimits) {
  return z.strictObject({
    model: z.string().min(1, "must not be empty").max(NAME_LENGTH),
    messages,
    stream: z.boolean().default(false),
    stream_options: z
      .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.unknown().optional() })
      .exactOptional(),
    n: whole(1, MAX_CHOICES).default(1),
    max_tokens: whole(1, limits.maxTokens.max).exactOptional(),
    max_completion_tokens: whole(1, limits.maxTokens.max).exactOptional(),
    temperature: z.number().min(0).max(QUESTION_LIMITS.temperature).exactOptional(),
    top_p: z.number().min(0).max(1).exactOptional(),
    stop: stop.exactOptional(),
    seed: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).exactOptional(),
    frequency_penalty: z.number().min(-2).max(2).exactOptional(),
    presence_penalty: z.number().min(-2).max(2).exactOptional(),
    logprobs: z.boolean().exactOptional(),
    top_logprobs: whole(0, MAX_LOGPROBS).exactOptional(),
    tools: tools.exactOptional(),
    tool_choice: toolChoice.exactOptional(),
    parallel_tool_calls: z.boolean().exactOptional(),
    response_format: responseFormat.exactOptional(),
    reasoning_effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).exactOptional(),
    verbosity: z.enum(["medium"]).exactOptional(),
    modalities: z.array(z.enum(["text"])).exactOptional(),
    service_tier: z.enum(["auto", "default"]).exactOptional(),
    retrieval: retrieval(limits.topK).exactOptional(),
    ...ignoredParameters(),
  });
}

function whole(min: number, max: number) {
  return z.number().refine(Number.isInteger, "must be a whole number").min(min).max(max);
}

const stop = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  z.array(z.string().min(1, "must not be empty")).max(MAX_STOPS),
);

const responseFormat = z
  .discriminatedUnion(
    "type",
    [
      z.strictObject({ type: z.literal("text") }),
      z.strictObject({ type: z.literal("json_object") }),
      z.strictObject({
        type: z.literal("json_schema"),
        json_schema: z.strictObject({
          name: functionName,
          description: z.string().exactOptional(),
          schema: jsonSchema,
          strict: z.boolean().nullish(),
        }),
      }),
    ],
    { error: unknownType("text, json_object or json_schema") },
  )
  .transform((format): ResponseFormat => {
    if (format.type === "text") return { type: "text" };
    if (format.type === "json_object") return { type: "json-object" };
    const { strict, ...schema } = format.json_schema;
    return { type: "json-schema", ...schema, ...(strict === true ? { strict } : {}) };
  });

/** Our own: what the last turn is to be answered from. */
function retrieval(topK: DefaultAndMax) {
  return z.strictObject({
    search: text.max(NAME_LENGTH).exactOptional(),
    top_k: whole(1, topK.max).default(topK.default),
    filter: filter.exactOptional(),
  });
}

const filter = z.unknown().transform((json, context) => {
  const { filter: parsed, problems } = parseFilter(json, "retrieval.filter");
  return parsed ?? foundProblems(context, problems ?? []);
});

function ignoredParameters() {
  const names: Record<(typeof IGNORED_PARAMETERS)[number], z.ZodOptional<z.ZodUnknown>> = Object.create(null);
  for (const name of IGNORED_PARAMETERS) names[name] = z.unknown().optional();
  return names;
}
