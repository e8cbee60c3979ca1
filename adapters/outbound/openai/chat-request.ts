import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import type {
  CompletionFeature,
  CompletionParameters,
  ContentPart,
  Image,
  Message,
  ResponseFormat,
  Tool,
  ToolCall,
} from "../../../domain/chat.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";

export type ChatRequest = Omit<ChatCompletionCreateParamsNonStreaming, "stream">;

/** The request as chat completions take it; what the model does not support is left out. */
export function chatRequest(
  model: string,
  request: CompletionRequest,
  supports: ReadonlySet<CompletionFeature>,
): ChatRequest {
  const { prompt, maxTokens } = request;
  const system = prompt.system === "" ? [] : [{ role: "system" as const, content: prompt.system }];
  return {
    model,
    messages: [...system, ...prompt.messages.map((message) => messageOf(message, supports))],
    ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
    ...parametersOf(request, supports),
  };
}

type Parameter = {
  readonly [Name in keyof CompletionParameters]-?: (
    value: NonNullable<CompletionParameters[Name]>,
  ) => Partial<ChatRequest>;
};

const PARAMETERS: Parameter = {
  temperature: (temperature) => ({ temperature }),
  topP: (topP) => ({ top_p: topP }),
  stop: (stop) => ({ stop: [...stop] }),
  seed: (seed) => ({ seed }),
  frequencyPenalty: (penalty) => ({ frequency_penalty: penalty }),
  presencePenalty: (penalty) => ({ presence_penalty: penalty }),
  topLogprobs: (count) => ({ logprobs: true, top_logprobs: count }),
  tools: (tools) => ({ tools: tools.map(toolOf) }),
  toolChoice: (choice) => ({
    tool_choice: typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } },
  }),
  parallelToolCalls: (parallel) => ({ parallel_tool_calls: parallel }),
  responseFormat: formatOf,
  reasoningEffort: (effort) => ({ reasoning_effort: effort }),
};

/** Every parameter that chat completions know. */
export const ALL_PARAMETERS = Object.keys(PARAMETERS) as readonly (keyof CompletionParameters)[];

function parametersOf(request: CompletionParameters, supports: ReadonlySet<CompletionFeature>): Partial<ChatRequest> {
  const wanted: Partial<ChatRequest> = {};
  for (const name of ALL_PARAMETERS) {
    const value = request[name];
    const write: (value: never) => Partial<ChatRequest> = PARAMETERS[name];
    if (value !== undefined && supports.has(name)) Object.assign(wanted, write(value as never));
  }
  return wanted;
}

function messageOf(message: Message, supports: ReadonlySet<CompletionFeature>): ChatCompletionMessageParam {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
  if (message.role === "assistant") return assistantOf(message.content, message.toolCalls ?? []);
  const { content } = message;
  return { role: "user", content: typeof content === "string" ? content : partsOf(content, supports) };
}

function assistantOf(content: string, toolCalls: readonly ToolCall[]): ChatCompletionMessageParam {
  if (toolCalls.length === 0) return { role: "assistant", content };
  const calls = toolCalls.map(({ id, name, arguments: json }) => ({
    id,
    type: "function" as const,
    function: { name, arguments: json },
  }));
  return { role: "assistant", content: content === "" ? null : content, tool_calls: calls };
}

function partsOf(parts: readonly ContentPart[], supports: ReadonlySet<CompletionFeature>): ChatCompletionContentPart[] {
  return parts.flatMap((part): ChatCompletionContentPart[] => {
    if (part.type === "text") return [part];
    if (!supports.has(part.image.url === undefined ? "images" : "imageUrls")) return [];
    return [{ type: "image_url", image_url: imageOf(part.image) }];
  });
}

function imageOf({ url, mediaType, base64, detail }: Image) {
  return {
    url: url ?? `data:${mediaType};base64,${base64}`,
    ...(detail === undefined ? {} : { detail }),
  };
}

function toolOf({ name, description, parameters, strict }: Tool): ChatCompletionTool {
  return {
    type: "function",
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: { ...parameters },
      ...(strict === undefined ? {} : { strict }),
    },
  };
}

function formatOf(format: ResponseFormat): Partial<ChatRequest> {
  if (format.type === "text") return {};
  if (format.type === "json-object") return { response_format: { type: "json_object" } };
  const { name, description, schema, strict } = format;
  return {
    response_format: {
      type: "json_schema",
      json_schema: {
        name,
        ...(description === undefined ? {} : { description }),
        schema: { ...schema },
        ...(strict === undefined ? {} : { strict }),
      },
    },
  };
}
