import { z } from "zod";
import { QUESTION_LIMITS } from "../../../../domain/question.ts";
import type { HttpLimits } from "../settings.ts";
import { input } from "./input-items.ts";
import { ignoredParameters, NAME_LENGTH, whole } from "./parameters.ts";
import { textFormat } from "./response-format.ts";
import { retrieval } from "./retrieval.ts";
import { responseToolChoice, responseTools } from "./tools.ts";

const MAX_LOGPROBS = 20;

export type ResponsesBody = z.output<ReturnType<typeof responsesSchema>>;

/** Parameters that change nothing here, whatever their value: what they are for is the vendor's own, or OpenAI's. */
const IGNORED_RESPONSE_PARAMETERS = [
  "user",
  "safety_identifier",
  "max_tool_calls",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prompt_cache_options",
] as const;

/** Parameters that no model can be asked for through Pharos, each with what is said about it. */
export const UNSUPPORTED_RESPONSE_PARAMETERS: Readonly<Record<string, string>> = {
  previous_response_id: "is not supported: nothing is stored, so the conversation must be sent whole",
  conversation: "is not supported: nothing is stored, so the conversation must be sent whole",
  prompt: "is not supported: nothing is stored, so instructions and input must be sent whole",
  context_management: "is not supported",
  moderation: "is not supported",
  image: "is not supported: answers are text",
  access_programs: "is not supported",
};

/** The body of `POST /v1/responses`, strict; built and compiled once, for the limits of the config. */
export function responsesSchema(limits: HttpLimits) {
  const body = z.strictObject({
    model: z.string().min(1, "must not be empty").max(NAME_LENGTH),
    input,
    instructions: z
      .string()
      .refine((value) => value.isWellFormed(), "must be well-formed Unicode")
      .exactOptional(),
    stream: z.boolean().default(false),
    stream_options: z.strictObject({ include_obfuscation: z.unknown().optional() }).exactOptional(),
    max_output_tokens: whole(1, limits.maxTokens.max).exactOptional(),
    temperature: z.number().min(0).max(QUESTION_LIMITS.temperature).exactOptional(),
    top_p: z.number().min(0).max(1).exactOptional(),
    top_logprobs: whole(0, MAX_LOGPROBS).exactOptional(),
    include: z.array(z.enum(["message.output_text.logprobs", "reasoning.encrypted_content"])).exactOptional(),
    tools: responseTools.exactOptional(),
    tool_choice: responseToolChoice.exactOptional(),
    parallel_tool_calls: z.boolean().exactOptional(),
    text: z.strictObject({ format: textFormat.nullish(), verbosity: z.enum(["medium"]).nullish() }).exactOptional(),
    reasoning: reasoning.exactOptional(),
    metadata: z.record(z.string(), z.string()).exactOptional(),
    store: never("nothing is stored").exactOptional(),
    background: never("nothing is stored, so an answer is waited for, or read as a stream").exactOptional(),
    truncation: z.enum(["disabled"]).exactOptional(),
    service_tier: z.enum(["auto", "default"]).exactOptional(),
    retrieval: retrieval(limits.topK).exactOptional(),
    ...ignoredParameters(IGNORED_RESPONSE_PARAMETERS),
  });
  return z.compile(body);
}

/** `summary` and `context` are about thoughts, which no model shows here. */
const reasoning = z.strictObject({
  effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).nullish(),
  mode: z.enum(["standard"]).nullish(),
  summary: z.unknown().optional(),
  generate_summary: z.unknown().optional(),
  context: z.unknown().optional(),
});

/** @param why what is said of the value true */
function never(why: string) {
  return z.boolean().refine((value) => !value, `must be false: ${why}`);
}
