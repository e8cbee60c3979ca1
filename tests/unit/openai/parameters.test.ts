import { describe, expect, it, onTestFinished } from "vitest";
import { createCompletion } from "../../../adapters/outbound/openai/completion.ts";
import { FEATURES } from "../../../adapters/outbound/openai/features.ts";
import { openaiCompletionOptions } from "../../../adapters/outbound/openai/options.ts";
import type { CompletionParameters, Message } from "../../../domain/chat.ts";
import { collectCompletion } from "../../../domain/collect-completion.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { replyJson, startLoopback } from "../../support/wires/loopback.ts";

const TOOL = { name: "find", description: "Finds.", parameters: { type: "object", properties: {} }, strict: true };

const ALL: Required<CompletionParameters> = {
  temperature: 0.5,
  topP: 0.9,
  stop: ["END"],
  seed: 7,
  frequencyPenalty: -1,
  presencePenalty: 1,
  topLogprobs: 2,
  tools: [TOOL],
  toolChoice: { name: "find" },
  parallelToolCalls: false,
  responseFormat: { type: "json-schema", name: "place", schema: { type: "object" }, strict: true },
  reasoningEffort: "low",
};

function requestOf(parameters: CompletionParameters, messages?: readonly Message[]): CompletionRequest {
  const turns = messages ?? [{ role: "user", content: "Where?" }];
  return { ...parameters, prompt: { system: "", messages: turns, question: "Where?", sources: [] } };
}

/** What the vendor is sent for the request, and what comes of it. */
async function sent(request: CompletionRequest, options: Readonly<Record<string, unknown>> = {}) {
  const choices = [{ message: { content: "There." }, finish_reason: "stop" }];
  const vendor = await startLoopback((call) => replyJson(call, 200, { choices }));
  onTestFinished(() => vendor.close());
  const account = { model: "gpt-4o", api_key: "sk-given", base_url: `${vendor.url}/v1`, context_tokens: 1000 };
  const port = createCompletion(openaiCompletionOptions.parse({ ...account, ...options }));
  const completion = await port.complete(request, new AbortController().signal);
  return { body: vendor.calls[0]?.body ?? {}, port, completion };
}

describe("OpenAICompletion's parameters", () => {
  it("are all sent by the names of the API", async () => {
    const { body, completion } = await sent(requestOf(ALL));
    const { model: _, messages: __, ...parameters } = body;
    expect(parameters).toEqual({
      temperature: 0.5,
      top_p: 0.9,
      stop: ["END"],
      seed: 7,
      frequency_penalty: -1,
      presence_penalty: 1,
      logprobs: true,
      top_logprobs: 2,
      tools: [{ type: "function", function: TOOL }],
      tool_choice: { type: "function", function: { name: "find" } },
      parallel_tool_calls: false,
      response_format: {
        type: "json_schema",
        json_schema: { name: "place", schema: { type: "object" }, strict: true },
      },
      reasoning_effort: "low",
    });
    expect(completion.warnings).toEqual([]);
  });

  it("ask for any JSON object, and for nothing where text is wanted", async () => {
    const { body } = await sent(requestOf({ responseFormat: { type: "json-object" }, toolChoice: "required" }));
    expect(body).toMatchObject({ response_format: { type: "json_object" }, tool_choice: "required" });
    expect((await sent(requestOf({ responseFormat: { type: "text" } }))).body).not.toHaveProperty("response_format");
  });

  it("are each supported unless the config names them, and then left out with a warning", async () => {
    const { port } = await sent(requestOf({}));
    expect([...port.supports].toSorted()).toEqual([...Object.keys(ALL), "imageUrls", "images"].toSorted());
    const poor = await sent(requestOf(ALL), { unsupported: ["tools", "logprobs"], temperature: "unsupported" });
    for (const name of ["tools", "tool_choice", "parallel_tool_calls", "logprobs", "top_logprobs", "temperature"]) {
      expect(poor.body).not.toHaveProperty(name);
    }
    expect(poor.body).toHaveProperty("seed", 7);
    expect(poor.completion.warnings).toContain("This model takes no word on parallel tool calls: it was left out.");
    expect(poor.completion.warnings).toHaveLength(5);
    const none = await sent(requestOf(ALL), { unsupported: Object.keys(FEATURES) });
    expect(none.port.supports.size).toBe(0);
    expect(Object.keys(none.body)).toEqual(["model", "messages"]);
  });
});

describe("OpenAICompletion's conversation", () => {
  const image = { mediaType: "image/png", base64: "iVBORw0=", detail: "low" } as const;
  const withImages: readonly Message[] = [
    {
      role: "user",
      content: [
        { type: "text", text: "What is it?" },
        { type: "image", image },
        { type: "image", image: { url: "https://example.org/a.png" } },
      ],
    },
  ];

  it("holds images by their bytes and by their addresses", async () => {
    const { body } = await sent(requestOf({}, withImages));
    expect(body.messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0=", detail: "low" } },
          { type: "image_url", image_url: { url: "https://example.org/a.png" } },
        ],
      },
    ]);
  });

  it("leaves images out for a model that sees none, with a warning", async () => {
    const { body, completion } = await sent(requestOf({}, withImages), { unsupported: ["images"] });
    expect(body.messages).toEqual([{ role: "user", content: [{ type: "text", text: "What is it?" }] }]);
    expect(completion.warnings).toEqual([expect.stringContaining("image"), expect.stringContaining("image")]);
  });

  it("tells which tools were called, and what they gave", async () => {
    const { body } = await sent(
      requestOf({}, [
        { role: "user", content: "Where?" },
        { role: "assistant", content: "", toolCalls: [{ id: "call_1", name: "find", arguments: '{"q":1}' }] },
        { role: "tool", toolCallId: "call_1", content: "There." },
        { role: "assistant", content: "There." },
      ]),
    );
    expect(body.messages).toEqual([
      { role: "user", content: "Where?" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_1", type: "function", function: { name: "find", arguments: '{"q":1}' } }],
      },
      { role: "tool", tool_call_id: "call_1", content: "There." },
      { role: "assistant", content: "There." },
    ]);
  });
});

describe("OpenAICompletion's answer", () => {
  const called = (id: string, name: string, json: string) => ({
    id,
    type: "function",
    function: { name, arguments: json },
  });
  const token = (text: string) => ({
    token: text,
    logprob: -0.5,
    bytes: [...Buffer.from(text)],
    top_logprobs: [{ token: text, logprob: -0.5, bytes: null }],
  });
  const usage = {
    prompt_tokens: 30,
    completion_tokens: 20,
    prompt_tokens_details: { cached_tokens: 10 },
    completion_tokens_details: { reasoning_tokens: 12 },
  };
  const expected = {
    text: "Look: ",
    toolCalls: [
      { id: "call_1", name: "find", arguments: '{"q":"a"}' },
      { id: "call_2", name: "find", arguments: "" },
    ],
    logprobs: [
      { token: "Look", logprob: -0.5, bytes: [76, 111, 111, 107], alternatives: [{ token: "Look", logprob: -0.5 }] },
      { token: ": ", logprob: -0.5, bytes: [58, 32], alternatives: [{ token: ": ", logprob: -0.5 }] },
    ],
    finishReason: "tool-calls",
    usage: { inputTokens: 30, outputTokens: 20, cachedInputTokens: 10, reasoningTokens: 12 },
    warnings: [],
  };

  async function answered(whole: unknown, chunks: readonly unknown[]) {
    const vendor = await startLoopback((call) => {
      if (call.body.stream !== true) return replyJson(call, 200, whole);
      call.response.writeHead(200, { "content-type": "text/event-stream" });
      for (const chunk of chunks) call.response.write(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
      call.response.end("data: [DONE]\r\n\r\n");
    });
    onTestFinished(() => vendor.close());
    const account = { model: "gpt-4o", api_key: "sk-given", base_url: `${vendor.url}/v1/`, context_tokens: 1000 };
    const port = createCompletion(openaiCompletionOptions.parse(account));
    const { signal } = new AbortController();
    return {
      whole: () => port.complete(requestOf({}), signal),
      streamed: () => collectCompletion(port.stream(requestOf({}), signal)),
    };
  }

  it("holds tool calls, likelihoods, thought and cached tokens, whole and streamed", async () => {
    const tools = [called("call_1", "find", '{"q":"a"}'), called("call_2", "find", "")];
    const logprobs = { content: [token("Look"), token(": ")], refusal: null };
    const message = { content: "Look: ", tool_calls: tools };
    const piece = (index: number, call: object) => ({ choices: [{ delta: { tool_calls: [{ index, ...call }] } }] });
    const { whole, streamed } = await answered(
      { choices: [{ message, logprobs, finish_reason: "tool_calls" }], usage },
      [
        { choices: [{ delta: { role: "assistant", content: "" }, logprobs: { content: [], refusal: null } }] },
        { choices: [{ delta: { content: "" }, logprobs: { content: [token("Look")] } }] },
        { choices: [{ delta: { content: "Look: " }, logprobs: { content: [token(": ")] } }] },
        piece(3, called("call_1", "find", '{"q":')),
        piece(5, called("call_2", "find", "")),
        piece(3, { function: { arguments: '"a"}' } }),
        { choices: [{ delta: {}, finish_reason: "tool_calls" }] },
        { choices: [], usage },
      ],
    );
    expect(await whole()).toEqual(expected);
    expect(await streamed()).toEqual(expected);
  });

  const nonsense: readonly (readonly [string, object])[] = [
    ["a tool call without a name", { tool_calls: [{ index: 0, id: "call_1", function: { arguments: "{}" } }] }],
    ["a tool call without an id", { tool_calls: [{ index: 0, function: { name: "find" } }] }],
    ["tool calls that are no list", { tool_calls: {} }],
    ["content that is no text", { content: 7 }],
    ["a refusal that is no text", { refusal: [] }],
  ];
  for (const [what, message] of nonsense) {
    it(`is \`vendor-reply-invalid\` for ${what}`, async () => {
      const { whole, streamed } = await answered({ choices: [{ message, finish_reason: "stop" }] }, [
        { choices: [{ delta: message, finish_reason: "stop" }] },
      ]);
      await expect(whole()).rejects.toMatchObject({ code: "vendor-reply-invalid" });
      await expect(streamed()).rejects.toMatchObject({ code: "vendor-reply-invalid" });
    });
  }
});
