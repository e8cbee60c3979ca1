import { z } from "zod";
import type { CompletionParameters, ContentPart, Message, Tool, ToolCall } from "../../../domain/chat.ts";
import type { Heard } from "../../contract/completion-harness.ts";
import type { LoopbackCall } from "./loopback.ts";

const textSchema = z.strictObject({ text: z.string().min(1) });
const cachePointSchema = z.strictObject({ cachePoint: z.strictObject({ type: z.literal("default") }) });
const toolUseSchema = z.strictObject({
  toolUse: z.strictObject({ toolUseId: z.string(), name: z.string(), input: z.record(z.string(), z.unknown()) }),
});
const toolResultSchema = z.strictObject({
  toolResult: z.strictObject({ toolUseId: z.string(), content: z.array(textSchema) }),
});
const imageSchema = z.strictObject({
  image: z.strictObject({ format: z.string(), source: z.strictObject({ bytes: z.string() }) }),
});

const blockSchema = z.union([textSchema, toolUseSchema, toolResultSchema, imageSchema]);
type Block = z.output<typeof blockSchema>;

const messageSchema = z.strictObject({ role: z.enum(["user", "assistant"]), content: z.array(blockSchema).min(1) });

const toolSchema = z.strictObject({
  toolSpec: z.strictObject({
    name: z.string(),
    description: z.string().min(1).optional(),
    inputSchema: z.strictObject({ json: z.looseObject({ type: z.literal("object") }) }),
    strict: z.boolean().optional(),
  }),
});

const choiceSchema = z.union([
  z.strictObject({ auto: z.strictObject({}) }),
  z.strictObject({ any: z.strictObject({}) }),
  z.strictObject({ tool: z.strictObject({ name: z.string() }) }),
]);

const jsonSchema = z.strictObject({ name: z.string(), description: z.string().optional(), schema: z.string() });

/** What Converse takes, and nothing else (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). */
const bodySchema = z.strictObject({
  system: z.array(z.union([textSchema, cachePointSchema])).default([]),
  messages: z.array(messageSchema).min(1),
  inferenceConfig: z
    .strictObject({
      maxTokens: z.int().optional(),
      temperature: z.number().min(0).max(1).optional(),
      topP: z.number().min(0).max(1).optional(),
      stopSequences: z.array(z.string()).min(1).optional(),
    })
    .default({}),
  toolConfig: z
    .strictObject({
      tools: z.array(z.union([toolSchema, cachePointSchema])).min(1),
      toolChoice: choiceSchema.optional(),
    })
    .optional(),
  outputConfig: z
    .strictObject({
      textFormat: z
        .strictObject({ type: z.literal("json_schema"), structure: z.strictObject({ jsonSchema }) })
        .optional(),
      effort: z.enum(["low", "medium", "high", "xhigh", "max"]).optional(),
    })
    .optional(),
});

type Body = z.output<typeof bodySchema>;

/** What the call asks of Converse; it has to keep Converse's own rules. */
export function heardByBedrock({ body }: LoopbackCall): Heard {
  const { system, messages, inferenceConfig, ...rest } = bodySchema.parse(body);
  const { maxTokens, temperature, topP, stopSequences } = inferenceConfig;
  refuseBrokenTurns(messages, rest.toolConfig !== undefined);
  return {
    system: system.map((block) => ("text" in block ? block.text : "")).join(""),
    messages: messages.flatMap(({ role, content }) => (role === "assistant" ? [answered(content)] : asked(content))),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    parameters: {
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { topP }),
      ...(stopSequences === undefined ? {} : { stop: stopSequences }),
      ...toolsOf(rest.toolConfig),
      ...outputOf(rest.outputConfig),
    },
  };
}

/** Roles take turns, and calls and their results come only where there are tools. */
function refuseBrokenTurns(messages: Body["messages"], hasTools: boolean): void {
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== (index % 2 === 0 ? "user" : "assistant")) throw new Error("The roles do not take turns.");
    const hasToolBlocks = content.some((block) => "toolUse" in block || "toolResult" in block);
    if (hasToolBlocks && !hasTools) throw new Error("Tool blocks want a toolConfig.");
  }
}

function answered(content: readonly Block[]): Message {
  const toolCalls = content.flatMap((block): readonly ToolCall[] => {
    if (!("toolUse" in block)) return [];
    const { toolUseId: id, name, input } = block.toolUse;
    return [{ id, name, arguments: JSON.stringify(input) }];
  });
  const text = content.map((block) => ("text" in block ? block.text : "")).join("");
  return { role: "assistant", content: text, ...(toolCalls.length === 0 ? {} : { toolCalls }) };
}

/** The results of tools, then what the user says. */
function asked(content: readonly Block[]): readonly Message[] {
  const results = content.flatMap((block): readonly Message[] => {
    if (!("toolResult" in block)) return [];
    const { toolUseId: toolCallId, content: texts } = block.toolResult;
    return [{ role: "tool", toolCallId, content: texts.map(({ text }) => text).join("") }];
  });
  const parts = content.flatMap((block): readonly ContentPart[] => {
    if ("text" in block) return [{ type: "text", text: block.text }];
    if (!("image" in block)) return [];
    const { format, source } = block.image;
    return [{ type: "image", image: { mediaType: `image/${format}`, base64: source.bytes } }];
  });
  if (parts.length === 0) return results;
  const [only] = parts;
  const said = parts.length === 1 && only?.type === "text" ? only.text : parts;
  return [...results, { role: "user", content: said }];
}

function toolsOf(config: Body["toolConfig"]): CompletionParameters {
  if (config === undefined) return {};
  const tools = config.tools.flatMap((tool): readonly Tool[] => {
    if (!("toolSpec" in tool)) return [];
    const { inputSchema, ...spec } = tool.toolSpec;
    return [{ ...spec, parameters: inputSchema.json } as Tool];
  });
  const { toolChoice } = config;
  if (toolChoice === undefined) return { tools };
  if ("tool" in toolChoice) return { tools, toolChoice: toolChoice.tool };
  return { tools, toolChoice: "any" in toolChoice ? "required" : "auto" };
}

function outputOf(config: Body["outputConfig"]): CompletionParameters {
  const format = config?.textFormat?.structure.jsonSchema;
  return {
    ...(format === undefined
      ? {}
      : { responseFormat: { type: "json-schema", ...format, schema: JSON.parse(format.schema) } }),
    ...(config?.effort === undefined ? {} : { reasoningEffort: config.effort as "low" }),
  } as CompletionParameters;
}
