import type {
  ConverseCommandInput,
  InferenceConfiguration,
  OutputConfig,
  SystemContentBlock,
  ToolConfiguration,
  Tool as VendorTool,
} from "@aws-sdk/client-bedrock-runtime";
import type {
  CompletionFeature,
  CompletionParameters,
  Message,
  ResponseFormat,
  Tool,
  ToolChoice,
} from "../../../domain/chat.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";
import type { Prompt } from "../../../domain/prompt.ts";
import { warnUnsupported } from "../../../domain/unsupported-parameters.ts";
import { alternating } from "./converse-turns.ts";
import { takesSystemPrompt } from "./features.ts";
import type { Json } from "./json.ts";
import type { BedrockCompletionOptions } from "./options.ts";

/** Converse takes no more, whatever the model (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html). */
const MAX_TEMPERATURE = 1;

/** Of our words those that Converse has (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_OutputConfig.html). */
const EFFORTS: ReadonlySet<string> = new Set(["low", "medium", "high", "xhigh"]);

const CACHE_POINT = { cachePoint: { type: "default" } } as const;

export interface ConverseCall {
  readonly input: ConverseCommandInput;
  readonly warnings: readonly string[];
}

/** @throws ServiceError invalid-request where Converse has no word for what is asked */
export function buildConverse(
  request: CompletionRequest,
  options: BedrockCompletionOptions,
  supports: ReadonlySet<CompletionFeature>,
): ConverseCall {
  const { prompt, maxTokens } = request;
  const honoured = onlySupported(request, supports);
  const warnings = [...warnUnsupported(request, supports), ...warnChanged(honoured, prompt.messages, supports)];
  const tools = toolsOf(honoured, options, supports);
  const system = takesSystemPrompt(options) ? prompt.system : "";
  const opening: Message[] = system === prompt.system ? [] : [{ role: "user", content: prompt.system }];
  const turns = { tools: tools !== undefined, images: supports.has("images") };
  const output = outputOf(honoured);
  return {
    input: {
      modelId: options.model,
      messages: alternating([...opening, ...prompt.messages], turns),
      ...(system === "" ? {} : { system: systemOf(prompt, options) }),
      inferenceConfig: inferenceOf(honoured, maxTokens),
      ...(tools === undefined ? {} : { toolConfig: tools }),
      ...(output === undefined ? {} : { outputConfig: output }),
    },
    warnings,
  };
}

function onlySupported(request: CompletionRequest, supports: ReadonlySet<CompletionFeature>): CompletionParameters {
  return Object.fromEntries(Object.entries(request).filter(([name]) => supports.has(name as CompletionFeature)));
}

function systemOf({ system: text }: Prompt, options: BedrockCompletionOptions): SystemContentBlock[] {
  return options.prompt_cache.includes("system") ? [{ text }, CACHE_POINT] : [{ text }];
}

function inferenceOf(
  { temperature, topP, stop }: CompletionParameters,
  maxTokens: number | undefined,
): InferenceConfiguration {
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, MAX_TEMPERATURE) }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined || stop.length === 0 ? {} : { stopSequences: [...stop] }),
  };
}

/** Converse has no `none`: the tools are left out then. */
function toolsOf(
  { tools = [], toolChoice = "auto" }: CompletionParameters,
  { prompt_cache: cached }: BedrockCompletionOptions,
  supports: ReadonlySet<CompletionFeature>,
): ToolConfiguration | undefined {
  if (tools.length === 0 || toolChoice === "none") return undefined;
  const specified = tools.map((tool) => toolOf(tool, supports));
  const choice = choiceOf(toolChoice);
  return {
    tools: cached.includes("tools") ? [...specified, CACHE_POINT] : specified,
    ...(choice === undefined ? {} : { toolChoice: choice }),
  };
}

function toolOf({ name, description, parameters, strict }: Tool, supports: ReadonlySet<CompletionFeature>): VendorTool {
  return {
    toolSpec: {
      name,
      ...(description === undefined || description === "" ? {} : { description }),
      inputSchema: { json: { type: "object", ...parameters } as Json },
      ...(strict === true && supports.has("responseFormat") ? { strict } : {}),
    },
  };
}

/** `auto` is what Converse does where nothing is said, and not every family takes the word. */
function choiceOf(choice: Exclude<ToolChoice, "none">): ToolConfiguration["toolChoice"] {
  if (choice === "auto") return undefined;
  return choice === "required" ? { any: {} } : { tool: { name: choice.name } };
}

function outputOf({ responseFormat, reasoningEffort }: CompletionParameters): OutputConfig | undefined {
  const textFormat = formatOf(responseFormat);
  const effort = reasoningEffort !== undefined && EFFORTS.has(reasoningEffort) ? reasoningEffort : undefined;
  if (textFormat === undefined && effort === undefined) return undefined;
  return { ...(textFormat === undefined ? {} : { textFormat }), ...(effort === undefined ? {} : { effort }) };
}

function formatOf(format: ResponseFormat | undefined): OutputConfig["textFormat"] {
  if (format === undefined || format.type === "text") return undefined;
  if (format.type === "json-object") {
    const problem = { field: "responseFormat", message: "must be a JSON Schema for Bedrock, or text" };
    throw new ServiceError("invalid-request", "Bedrock writes no JSON without a schema.", { problems: [problem] });
  }
  const { name, description, schema } = format;
  const named = { name, ...(description === undefined ? {} : { description }) };
  return { type: "json_schema", structure: { jsonSchema: { ...named, schema: JSON.stringify(schema) } } };
}

/** What is sent in another way than it was asked for. */
function warnChanged(
  { temperature = 0, reasoningEffort, tools = [] }: CompletionParameters,
  messages: readonly Message[],
  supports: ReadonlySet<CompletionFeature>,
): readonly string[] {
  const effortLost = reasoningEffort !== undefined && !EFFORTS.has(reasoningEffort);
  const strictLost = !supports.has("responseFormat") && tools.some(({ strict }) => strict);
  const detailLost = supports.has("images") && messages.some(asksForDetail);
  return [
    ...(temperature > MAX_TEMPERATURE
      ? [`Bedrock takes a temperature up to ${MAX_TEMPERATURE}: ${temperature} was lowered to it.`]
      : []),
    ...(effortLost ? [`Bedrock knows no reasoning effort ${reasoningEffort}: it was left out.`] : []),
    ...(strictLost ? ["This model holds no tool call to its schema: `strict` was left out."] : []),
    ...(detailLost ? ["Bedrock takes no detail of an image: it was left out."] : []),
  ];
}

function asksForDetail(message: Message): boolean {
  if (message.role !== "user" || typeof message.content === "string") return false;
  return message.content.some((part) => part.type === "image" && (part.image.detail ?? "auto") !== "auto");
}
