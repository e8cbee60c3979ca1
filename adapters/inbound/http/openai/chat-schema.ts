import { z } from "zod";
import { QUESTION_LIMITS } from "../../../../domain/question.ts";
import type { HttpLimits } from "../settings.ts";
import { messages } from "./messages.ts";
import { ignoredParameters, NAME_LENGTH, whole } from "./parameters.ts";
import { chatFormat } from "./response-format.ts";
import { retrieval } from "./retrieval.ts";
import { chatToolChoice, chatTools } from "./tools.ts";

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

/** The body of `POST /v1/chat/completions`, strict; built and compiled once, for the limits of the config. */
export function chatSchema(limits: HttpLimits) {
  const body = z.strictObject({
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
    tools: chatTools.exactOptional(),
    tool_choice: chatToolChoice.exactOptional(),
    parallel_tool_calls: z.boolean().exactOptional(),
    response_format: chatFormat.exactOptional(),
    reasoning_effort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).exactOptional(),
    verbosity: z.enum(["medium"]).exactOptional(),
    modalities: z.array(z.enum(["text"])).exactOptional(),
    service_tier: z.enum(["auto", "default"]).exactOptional(),
    retrieval: retrieval(limits.topK).exactOptional(),
    ...ignoredParameters(IGNORED_PARAMETERS),
  });
  return z.compile(body);
}

const stop = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  z.array(z.string().min(1, "must not be empty")).max(MAX_STOPS),
);
