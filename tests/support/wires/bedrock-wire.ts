import { encodeEventStreamFrame, encodeEventStreamMessage } from "@copilotkit/aimock";
import type { FinishReason, Usage } from "../../../domain/answer.ts";
import type { ToolCall } from "../../../domain/chat.ts";
import type { CompletionCode } from "../../contract/completion-harness.ts";
import { heardByBedrock } from "./bedrock-heard.ts";
import { type LoopbackCall, replyJson } from "./loopback.ts";
import { vendorVector } from "./scripted-embedder.ts";
import { type Dialect, inPieces } from "./scripted-vendor.ts";

const STOP_REASONS: Partial<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "content-filter": "guardrail_intervened",
  "tool-calls": "tool_use",
};

/** Converse and ConverseStream as Bedrock writes them (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html). */
export const bedrockDialect: Dialect = {
  streamType: "application/vnd.amazon.eventstream",
  streams: ({ path }) => path.endsWith("/converse-stream"),
  opening: () => [encodeEventStreamMessage("messageStart", { role: "assistant", p: "abcd" })],
  delta: (text) =>
    encodeEventStreamMessage("contentBlockDelta", { contentBlockIndex: 0, delta: { text }, p: "abcdef" }),
  toolCalls: (calls) => [
    encodeEventStreamMessage("contentBlockStop", { contentBlockIndex: 0, p: "ab" }),
    ...calls.flatMap((call, index) => toolUseEvents(call, index + 1)),
  ],
  ending: ({ finishReason, usage }) => [
    encodeEventStreamMessage("contentBlockStop", { contentBlockIndex: 0, p: "ab" }),
    encodeEventStreamMessage("messageStop", { stopReason: STOP_REASONS[finishReason], p: "abc" }),
    encodeEventStreamMessage("metadata", { usage: usageJson(usage), metrics: { latencyMs: 7 }, p: "a" }),
  ],
  failure: () => bedrockException("modelStreamErrorException"),
  whole: ({ deltas, toolCalls = [], finishReason, usage }) => ({
    output: {
      message: {
        role: "assistant",
        content: [...(deltas.length === 0 ? [] : [{ text: deltas.join("") }]), ...toolCalls.map(toolUseBlock)],
      },
    },
    stopReason: STOP_REASONS[finishReason],
    usage: usageJson(usage),
    metrics: { latencyMs: 7 },
  }),
  heard: heardByBedrock,
};

function toolUseBlock({ id, name, arguments: json }: ToolCall): object {
  return { toolUse: { toolUseId: id, name, input: JSON.parse(json) } };
}

/** A call without arguments has no delta. */
function toolUseEvents({ id, name, arguments: json }: ToolCall, contentBlockIndex: number): readonly Uint8Array[] {
  const pieces = json === "{}" ? [] : inPieces(json);
  return [
    bedrockEvent("contentBlockStart", { contentBlockIndex, start: { toolUse: { toolUseId: id, name } }, p: "abc" }),
    ...pieces.map((input) => bedrockEvent("contentBlockDelta", { contentBlockIndex, delta: { toolUse: { input } } })),
    bedrockEvent("contentBlockStop", { contentBlockIndex, p: "ab" }),
  ];
}

/** The frame by which a stream reports an exception, named by its member. */
export function bedrockException(member: string): Uint8Array {
  const headers = { ":exception-type": member, ":content-type": "application/json", ":message-type": "exception" };
  return encodeEventStreamFrame(headers, Buffer.from(JSON.stringify({ message: "Something failed." })));
}

/** The frame of one event. */
export function bedrockEvent(type: string, payload: object): Uint8Array {
  return encodeEventStreamMessage(type, payload);
}

/** The frame by which a stream reports an error that no model describes. */
export function bedrockError(code: string): Uint8Array {
  const headers = { ":error-code": code, ":error-message": "Something failed.", ":message-type": "error" };
  return encodeEventStreamFrame(headers, Buffer.alloc(0));
}

interface VendorException {
  readonly status: number;
  readonly name: string;
  readonly headers?: Record<string, string>;
}

const EXCEPTIONS: Partial<Record<CompletionCode, VendorException>> = {
  "rate-limited": { status: 429, name: "ThrottlingException", headers: { "retry-after": "7" } },
  "vendor-auth": { status: 403, name: "AccessDeniedException" },
  "vendor-rejected": { status: 400, name: "ValidationException" },
  "vendor-unavailable": { status: 503, name: "ServiceUnavailableException" },
};

/** A script that fails a call with the code. */
export function bedrockFailure(code: CompletionCode): (call: LoopbackCall) => void {
  const exception = EXCEPTIONS[code];
  if (exception === undefined) return (call) => replyJson(call, 200, { output: {} });
  return (call) => replyException(call, exception);
}

/** Fails a call as AWS REST JSON does: the exception's name in a header, the words in the body. */
export function replyException(call: LoopbackCall, { status, name, headers = {} }: VendorException): void {
  const type = `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/`;
  replyJson(call, status, { message: "AKIALOOPBACKSECRET may not." }, { "x-amzn-errortype": type, ...headers });
}

/** Bedrock counts cached tokens beside inputTokens. */
function usageJson({ inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens }: Usage): unknown {
  return {
    inputTokens: inputTokens - cachedInputTokens - (cacheWriteInputTokens ?? 0),
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: cachedInputTokens,
    ...(cacheWriteInputTokens === undefined ? {} : { cacheWriteInputTokens }),
  };
}

/** Answers an InvokeModel of an embedding model, in the shape of the family that its body speaks. */
export function replyEmbedding(call: LoopbackCall, dimensions: number): void {
  const { inputText, texts, embedding_types: types } = call.body;
  if (typeof inputText === "string") {
    const embedding = vendorVector(inputText, dimensions);
    replyJson(call, 200, { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: 3 });
    return;
  }
  const vectors = (Array.isArray(texts) ? texts : []).map((text) => vendorVector(String(text), dimensions));
  if (types === undefined)
    replyJson(call, 200, { id: "1", texts, embeddings: vectors, response_type: "embeddings_floats" });
  else replyJson(call, 200, { id: "1", texts, embeddings: { float: vectors }, response_type: "embeddings_by_type" });
}
