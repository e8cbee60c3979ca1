import { z } from "zod";
import type { CompletionParameters, ContentPart, Message, Tool } from "../../../domain/chat.ts";
import type { Heard } from "../../contract/completion-harness.ts";
import type { LoopbackCall } from "./loopback.ts";

const partSchema = z.union([
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({
    type: z.literal("image_url"),
    image_url: z.strictObject({ url: z.string(), detail: z.enum(["low", "high", "auto"]).optional() }),
  }),
]);

const callSchema = z.strictObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});

const messageSchema = z.discriminatedUnion("role", [
  z.strictObject({ role: z.enum(["system", "developer"]), content: z.string() }),
  z.strictObject({ role: z.literal("user"), content: z.union([z.string(), z.array(partSchema)]) }),
  z.strictObject({
    role: z.literal("assistant"),
    content: z.string().nullish(),
    tool_calls: z.array(callSchema).min(1).optional(),
  }),
  z.strictObject({ role: z.literal("tool"), tool_call_id: z.string(), content: z.string() }),
]);

const toolSchema = z.strictObject({
  type: z.literal("function"),
  function: z.strictObject({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()),
    strict: z.boolean().optional(),
  }),
});

/** What chat completions take, and nothing else (https://developers.openai.com/api/reference/resources/chat). */
const bodySchema = z.strictObject({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().optional(),
  stream_options: z.strictObject({ include_usage: z.boolean() }).optional(),
  max_completion_tokens: z.int().optional(),
  temperature: z.number().optional(),
  top_p: z.number().optional(),
  stop: z.union([z.string(), z.array(z.string())]).optional(),
  seed: z.int().optional(),
  frequency_penalty: z.number().optional(),
  presence_penalty: z.number().optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().optional(),
  tools: z.array(toolSchema).min(1).optional(),
  tool_choice: z
    .union([
      z.enum(["auto", "none", "required"]),
      z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: z.string() }) }),
    ])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: z
    .union([
      z.strictObject({ type: z.enum(["text", "json_object"]) }),
      z.strictObject({ type: z.literal("json_schema"), json_schema: z.looseObject({ name: z.string() }) }),
    ])
    .optional(),
  reasoning_effort: z.string().optional(),
});

type Body = z.output<typeof bodySchema>;

/** What the call asks of the OpenAI API; it has to keep the API's own shape. */
export function heardByOpenAI({ body }: LoopbackCall): Heard {
  const { messages, max_completion_tokens: maxTokens, ...rest } = bodySchema.parse(body);
  const instructions = messages.flatMap((message) =>
    message.role === "system" || message.role === "developer" ? [message.content] : [],
  );
  return {
    system: instructions.join("\n"),
    messages: messages.flatMap(turnOf),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    parameters: parametersOf(rest),
  };
}

function turnOf(message: Body["messages"][number]): readonly Message[] {
  if (message.role === "tool") return [{ role: "tool", toolCallId: message.tool_call_id, content: message.content }];
  if (message.role === "user") {
    const { content } = message;
    return [{ role: "user", content: typeof content === "string" ? content : content.map(partOf) }];
  }
  if (message.role !== "assistant") return [];
  const toolCalls = message.tool_calls?.map(({ id, function: { name, arguments: json } }) => ({
    id,
    name,
    arguments: json,
  }));
  return [{ role: "assistant", content: message.content ?? "", ...(toolCalls === undefined ? {} : { toolCalls }) }];
}

function partOf(part: z.output<typeof partSchema>): ContentPart {
  if (part.type === "text") return part;
  const { url, detail } = part.image_url;
  const more = detail === undefined ? {} : { detail };
  const [, mediaType, base64] = /^data:([^;]+);base64,(.*)$/su.exec(url) ?? [];
  if (mediaType === undefined || base64 === undefined) return { type: "image", image: { url, ...more } };
  return { type: "image", image: { mediaType, base64, ...more } };
}

function parametersOf(body: Omit<Body, "messages" | "max_completion_tokens">): CompletionParameters {
  const choice = body.tool_choice;
  const given = {
    temperature: body.temperature,
    topP: body.top_p,
    stop: typeof body.stop === "string" ? [body.stop] : body.stop,
    seed: body.seed,
    frequencyPenalty: body.frequency_penalty,
    presencePenalty: body.presence_penalty,
    topLogprobs: body.logprobs === true ? (body.top_logprobs ?? 0) : undefined,
    tools: body.tools?.map((tool) => tool.function as Tool),
    toolChoice: typeof choice === "object" ? choice.function : choice,
    parallelToolCalls: body.parallel_tool_calls,
    responseFormat: formatOf(body.response_format),
    reasoningEffort: body.reasoning_effort,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function formatOf(format: Body["response_format"]): unknown {
  if (format?.type === "json_schema") return { type: "json-schema", ...format.json_schema };
  return format?.type === "json_object" ? { type: "json-object" } : format;
}
