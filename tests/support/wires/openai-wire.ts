import type { FinishReason, Usage } from "../../../domain/answer.ts";
import type { TokenLogprob, ToolCall } from "../../../domain/chat.ts";
import type { CompletionCode } from "../../contract/completion-harness.ts";
import { type LoopbackCall, replyJson } from "./loopback.ts";
import { heardByOpenAI } from "./openai-heard.ts";
import { vendorVector } from "./scripted-embedder.ts";
import { type Dialect, inPieces } from "./scripted-vendor.ts";

export const OPENAI_FINISH_REASONS: Partial<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
};

/** Chat completions as the OpenAI API writes them (https://developers.openai.com/api/reference/resources/chat). */
export const openaiDialect: Dialect = {
  streamType: "text/event-stream; charset=utf-8",
  streams: ({ body }) => body.stream === true,
  opening: () => [chunk({ role: "assistant", content: "", refusal: null })],
  delta: (content, logprob) => chunk({ content }, null, logprob === undefined ? null : logprobsJson([logprob])),
  toolCalls: (calls) => calls.flatMap(toolCallChunks),
  ending: ({ finishReason, usage }, { body }) => [
    chunk({}, OPENAI_FINISH_REASONS[finishReason]),
    // The API counts tokens of a stream only for those who ask.
    ...(asksForUsage(body) ? [event({ ...CHUNK, choices: [], usage: usageJson(usage) })] : []),
    Buffer.from("data: [DONE]\n\n"),
  ],
  failure: () =>
    event({ error: { message: "The server had an error.", type: "server_error", param: null, code: null } }),
  whole: ({ deltas, logprobs = [], toolCalls = [], finishReason, usage }) => ({
    ...CHUNK,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: deltas.length === 0 ? null : deltas.join(""),
          refusal: null,
          ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toolCallJson) }),
        },
        logprobs: logprobs.length === 0 ? null : logprobsJson(logprobs),
        finish_reason: OPENAI_FINISH_REASONS[finishReason],
      },
    ],
    usage: usageJson(usage),
  }),
  heard: heardByOpenAI,
};

function toolCallJson({ id, name, arguments: json }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: json } };
}

function toolCallChunks(call: ToolCall, index: number): readonly Uint8Array[] {
  const pieces = inPieces(call.arguments).map((json) => ({ index, function: { arguments: json } }));
  const begin = { index, ...toolCallJson({ ...call, arguments: "" }) };
  return [begin, ...pieces].map((piece) => chunk({ tool_calls: [piece] }));
}

function logprobsJson(logprobs: readonly TokenLogprob[]): unknown {
  const content = logprobs.map(({ alternatives, ...token }) => ({ ...token, top_logprobs: alternatives }));
  return { content, refusal: null };
}

interface VendorError {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param?: string | null;
    readonly code: string | null;
  };
}

/** Failures as the OpenAI API reports them (https://developers.openai.com/api/docs/guides/error-codes). */
export const OPENAI_ERRORS: Readonly<Record<Exclude<CompletionCode, "vendor-reply-invalid">, VendorError>> = {
  "context-overflow": {
    status: 400,
    error: { message: "Too long.", type: "invalid_request_error", param: "messages", code: "context_length_exceeded" },
  },
  "content-refused": {
    status: 400,
    error: { message: "No.", type: "invalid_request_error", param: null, code: "content_policy_violation" },
  },
  "rate-limited": {
    status: 429,
    headers: { "retry-after": "7" },
    error: { message: "Slow down.", type: "requests", param: null, code: "rate_limit_exceeded" },
  },
  "vendor-auth": {
    status: 401,
    error: {
      message: "Incorrect API key provided: sk-loopback-secret.",
      type: "invalid_request_error",
      param: null,
      code: "invalid_api_key",
    },
  },
  "vendor-rejected": {
    status: 400,
    error: { message: "No.", type: "invalid_request_error", param: "temperature", code: "unsupported_value" },
  },
  "vendor-unavailable": { status: 503, error: { message: "Overloaded.", type: "server_error", code: null } },
};

/** Scripts that fail a call with each code. */
export function openaiFailure(code: CompletionCode): (call: LoopbackCall) => void {
  if (code === "vendor-reply-invalid") return (call) => replyJson(call, 200, { object: "chat.completion" });
  const { status, error, headers } = OPENAI_ERRORS[code];
  return (call) => replyJson(call, status, { error }, headers);
}

const CHUNK = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_760_000_000, model: "gpt-4o-2024-08-06" };

function chunk(
  delta: Readonly<Record<string, unknown>>,
  finishReason: string | null = null,
  logprobs: unknown = null,
): Uint8Array {
  return event({ ...CHUNK, choices: [{ index: 0, delta, logprobs, finish_reason: finishReason }], usage: null });
}

function event(data: unknown): Uint8Array {
  return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
}

function usageJson({ inputTokens, outputTokens, cachedInputTokens }: Usage): unknown {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function asksForUsage(body: Readonly<Record<string, unknown>>): boolean {
  const options = body.stream_options;
  return (
    typeof options === "object" && options !== null && "include_usage" in options && options.include_usage === true
  );
}

/** Answers an embeddings call, the texts in another order than they came, each under its index. */
export function replyEmbeddings(call: LoopbackCall, dimensions: number): void {
  const { input, encoding_format: format, model } = call.body;
  const texts = Array.isArray(input) ? input : [input];
  const data = texts.map((text, index) => {
    const vector = vendorVector(String(text), dimensions);
    const packed = () => Buffer.from(Float32Array.from(vector).buffer).toString("base64");
    return { object: "embedding", index, embedding: format === "base64" ? packed() : vector };
  });
  replyJson(call, 200, {
    object: "list",
    data: data.toReversed(),
    model,
    usage: { prompt_tokens: texts.length, total_tokens: texts.length },
  });
}
