import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { type ErrorCode, ServiceError } from "../../domain/errors.ts";
import { ALONE_RESPONSE, extended, startOpenAI } from "./openai-harness.ts";

const user = { role: "user", content: "Hello!" };
const call = { type: "function_call", call_id: "call_1", name: "weather", arguments: "{}" };
const retrieval = { search: "memory" };

const CLASSES: readonly [ErrorCode, new (...args: never[]) => Error, Readonly<Record<string, unknown>>][] = [
  ["unauthenticated", OpenAI.AuthenticationError, { status: 401, code: "invalid_api_key" }],
  ["context-overflow", OpenAI.BadRequestError, { status: 400, code: "context_length_exceeded", param: "input" }],
  ["rate-limited", OpenAI.RateLimitError, { status: 429, code: "rate_limit_exceeded" }],
  ["vendor-unavailable", OpenAI.InternalServerError, { status: 503, code: "vendor_unavailable" }],
];

describe("an error of /v1/responses", () => {
  it.each(CLASSES)("of the code %s comes out of the client as its own class", async (code, Class, fields) => {
    const { client, adapters } = await startOpenAI();
    adapters.able.failNext(new ServiceError(code, "It did not work.", { retryAfterMs: 1_200 }));
    const error = await client.responses.create(ALONE_RESPONSE).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject(fields);
    expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get("retry-after")).toBe("2");
  });

  it("names a model that is not there, and those that are", async () => {
    const { client } = await startOpenAI();
    const failing = client.responses.create({ ...ALONE_RESPONSE, model: "gpt-0@memory" });
    await expect(failing).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(failing).rejects.toMatchObject({ code: "model_not_found", param: "model" });
  });

  it("names every parameter that the model does not support, as responses call it", async () => {
    const { client } = await startOpenAI();
    const failing = client.responses.create({
      model: "fake",
      top_logprobs: 1,
      tools: [{ type: "function", name: "weather", parameters: {}, strict: true }],
      tool_choice: "required",
      text: { format: { type: "json_object" } },
      reasoning: { effort: "low" },
      input: [
        {
          role: "user",
          content: [{ type: "input_image", image_url: "https://example.org/a.png", detail: "auto" }],
        },
      ],
    });
    await expect(failing).rejects.toMatchObject({ status: 400, code: "unsupported_parameter" });
    const { message } = (await failing.catch((thrown: unknown) => thrown)) as Error;
    for (const name of [
      ...["top_logprobs", "tools", "tool_choice", "text.format"],
      ...["reasoning.effort", "input_image.image_url"],
    ])
      expect(message).toContain(`${name} is not supported by the model fake`);
  });

  it.each([
    ["an earlier answer", "previous_response_id", "resp_1"],
    ["a stored conversation", "conversation", { id: "conv_1" }],
    ["a stored prompt", "prompt", { id: "pmpt_1" }],
    ["what nobody does", "moderation", { model: "m" }],
  ])("refuses %s by the parameter's name", async (_, param, value) => {
    const { client, adapters } = await startOpenAI();
    const failing = client.responses.create(extended(ALONE_RESPONSE, { [param]: value }));
    await expect(failing).rejects.toMatchObject({ status: 400, code: "unsupported_parameter", param });
    expect(adapters.able.requests).toEqual([]);
  });

  it.each([
    ["to store", { store: true }, "store must be false: nothing is stored"],
    ["to answer later", { background: true }, "background must be false: nothing is stored"],
    ["to drop what does not fit", { truncation: "auto" }, "truncation must be disabled"],
    [
      "a hosted search of the web",
      { tools: [{ type: "web_search" }] },
      "tools[0].type must be function: web_search is not supported; retrieval searches your documents",
    ],
    [
      "a hosted search of files",
      { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] },
      "file_search is not supported; retrieval searches",
    ],
    [
      "a hosted interpreter",
      { tools: [{ type: "code_interpreter", container: "c" }] },
      "tools[0].type must be function: code_interpreter is not supported",
    ],
    ["a tool of no type", { tools: [{ name: "weather" }] }, "tools[0].type must be function"],
    [
      "a misspelt field of a tool",
      { tools: [{ type: "function", name: "a", paramters: {} }] },
      "tools[0].paramters is not a known field",
    ],
    ["a tool that is not there", { tools: [], tool_choice: "required" }, "tool_choice is only allowed with tools"],
    ["a choice of hosted tools", { tool_choice: { type: "file_search" } }, "tool_choice must be auto, none, required"],
    ["no input", { input: undefined }, "input is missing"],
    ["an empty text", { input: " " }, "input must not be empty"],
    ["no items", { input: [] }, "input must have at least one item"],
    ["input that is none", { input: 7 }, "input must be a list"],
    ["instructions alone", { input: [{ role: "system", content: "Hm." }] }, "input must hold more than instructions"],
    ["an unknown role", { input: [{ role: "bot", content: "Hm." }] }, "input[0].role must be system, developer, user"],
    [
      "an item of another kind",
      { input: [user, { type: "web_search_call", id: "ws_1" }] },
      "input[1].type must be message, function_call, function_call_output or reasoning",
    ],
    [
      "a reference to what is not stored",
      { input: [{ id: "msg_1" }, user] },
      "input[0] is not supported: nothing is stored",
    ],
    [
      "a file",
      { input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }] },
      "input[0].content[0].type must be input_text or input_image",
    ],
    [
      "an uploaded image",
      { input: [{ role: "user", content: [{ type: "input_image", image_url: "https://a.org/b.png", file_id: "f" }] }] },
      "input[0].content[0].file_id is not supported: no files are stored",
    ],
    ["a call without its result", { input: [user, call, user] }, "input[1] must have each of its calls answered"],
    [
      "a result without its call",
      { input: [user, { type: "function_call_output", call_id: "call_9", output: "" }] },
      "input[1].call_id must be the call_id of a function_call right before",
    ],
    [
      "a format without a name",
      { text: { format: { type: "json_schema", schema: {} } } },
      "text.format.name is missing",
    ],
    ["an unknown format", { text: { format: { type: "xml" } } }, "text.format.type must be text, json_object or"],
    ["a wordy answer", { text: { verbosity: "high" } }, "text.verbosity must be medium"],
    ["results of hosted tools", { include: ["file_search_call.results"] }, "include[0] must be"],
    ["too long an answer", { max_output_tokens: 4_097 }, "max_output_tokens must be at most 4096"],
    ["options of a stream without one", { stream_options: {} }, "stream_options is only allowed with stream"],
    ["a parameter of chat completions", { messages: [user] }, "messages is not a known field"],
    ["retrieval from nowhere", { retrieval: {} }, "retrieval.search is missing"],
    ["too long a question", { input: "x".repeat(1_001), retrieval }, "input must have at most 1000 characters"],
    [
      "an answer as the question",
      { input: [user, { role: "assistant", content: "Hi." }], retrieval },
      "input[1] must be a user's, or a tool's",
    ],
    [
      "too long instructions",
      { instructions: "x".repeat(501), retrieval },
      "instructions must have at most 500 characters of instructions",
    ],
  ])("refuses %s, and says what is allowed", async (_, fields, message) => {
    const { send, adapters } = await startOpenAI();
    const { status, json } = await send("POST", "/v1/responses", { ...ALONE_RESPONSE, ...fields });
    expect(json).toMatchObject({ error: { message: expect.stringContaining(message), type: "invalid_request_error" } });
    expect(status).toBe(400);
    expect(adapters.able.requests).toEqual([]);
  });

  it("has OpenAI's shape where the method is another", async () => {
    const { send } = await startOpenAI();
    const { status, headers, json } = await send("GET", "/v1/responses");
    expect([status, headers.get("allow")]).toEqual([405, "POST"]);
    expect(json).toMatchObject({ error: { code: "method_not_allowed" } });
  });
});
