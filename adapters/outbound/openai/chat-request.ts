import type {
  ChatCompletionContentPart,
  ChatCompletionContentPartImage,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
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
  ToolChoice,
} from "../../../domain/chat.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { type Prompt, textOf } from "../../../domain/prompt.ts";

type Parameters = Omit<ChatCompletionCreateParamsNonStreaming, "stream">;

/** Its JSON is what chat completions take: what is undefined is not in it. */
export type ChatRequest = { readonly [Name in keyof Parameters]: Parameters[Name] | undefined };

/** The request as chat completions take it; what the model does not support is left out. */
export function chatRequest(
  model: string,
  request: CompletionRequest,
  supports: ReadonlySet<CompletionFeature>,
): ChatRequest {
  const { prompt, maxTokens } = request;
  const { stop = [], topLogprobs, tools = [], toolChoice, responseFormat, ...rest } = onlySupported(request, supports);
  return {
    model,
    messages: messagesOf(prompt, supports),
    max_completion_tokens: maxTokens,
    temperature: rest.temperature,
    top_p: rest.topP,
    stop: stop.length === 0 ? undefined : [...stop],
    seed: rest.seed,
    frequency_penalty: rest.frequencyPenalty,
    presence_penalty: rest.presencePenalty,
    logprobs: topLogprobs === undefined ? undefined : true,
    top_logprobs: topLogprobs,
    tools: tools.length === 0 ? undefined : tools.map(toolOf),
    tool_choice: toolChoice === undefined ? undefined : choiceOf(toolChoice),
    parallel_tool_calls: rest.parallelToolCalls,
    response_format: responseFormat === undefined ? undefined : formatOf(responseFormat),
    reasoning_effort: rest.reasoningEffort,
  };
}

function onlySupported(request: CompletionRequest, supports: ReadonlySet<CompletionFeature>): CompletionParameters {
  return Object.fromEntries(Object.entries(request).filter(([name]) => supports.has(name as CompletionFeature)));
}

function messagesOf(
  { system, messages }: Prompt,
  supports: ReadonlySet<CompletionFeature>,
): ChatCompletionMessageParam[] {
  const turns = messages.map((message) => messageOf(message, supports));
  return system === "" ? turns : [{ role: "system", content: system }, ...turns];
}

/** Where the model takes no tools, their calls and results are told as text. */
function messageOf(message: Message, supports: ReadonlySet<CompletionFeature>): ChatCompletionMessageParam {
  if (message.role === "user") {
    const { content } = message;
    return { role: "user", content: typeof content === "string" ? content : partsOf(content, supports) };
  }
  if (message.role === "assistant") {
    return supports.has("tools")
      ? assistantOf(message.content, message.toolCalls ?? [])
      : { role: "assistant", content: textOf(message) };
  }
  return supports.has("tools")
    ? { role: "tool", tool_call_id: message.toolCallId, content: message.content }
    : { role: "user", content: message.content };
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

/** The API refuses a list of no parts, as an image leaves one where the model takes none. */
function partsOf(
  parts: readonly ContentPart[],
  supports: ReadonlySet<CompletionFeature>,
): ChatCompletionContentPart[] | string {
  const taken = parts.flatMap((part): ChatCompletionContentPart[] => {
    if (part.type === "text") return [part];
    if (!supports.has(part.image.url === undefined ? "images" : "imageUrls")) return [];
    return [{ type: "image_url", image_url: imageOf(part.image) }];
  });
  return taken.length === 0 ? "" : taken;
}

function imageOf({ url, mediaType, base64, detail }: Image): ChatCompletionContentPartImage.ImageURL {
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

function choiceOf(choice: ToolChoice): ChatCompletionToolChoiceOption {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}

function formatOf(format: ResponseFormat): ChatRequest["response_format"] {
  if (format.type === "text") return undefined;
  if (format.type === "json-object") return { type: "json_object" };
  const { name, description, schema, strict } = format;
  return {
    type: "json_schema",
    json_schema: {
      name,
      ...(description === undefined ? {} : { description }),
      schema: { ...schema },
      ...(strict === undefined ? {} : { strict }),
    },
  };
}
