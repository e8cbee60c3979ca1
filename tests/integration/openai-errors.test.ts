import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { type ErrorCode, ServiceError } from "../../domain/errors.ts";
import { ALONE, extended, GROUNDED, startOpenAI } from "./openai-harness.ts";

/** What the client throws, with what it says. */
async function thrownBy(work: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await Promise.resolve(work).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OpenAI.APIError);
  return error as InstanceType<typeof OpenAI.APIError>;
}

const CLASSES: readonly [ErrorCode, number, new (...args: never[]) => Error, Readonly<Record<string, unknown>>][] = [
  ["unauthenticated", 401, OpenAI.AuthenticationError, { code: "invalid_api_key" }],
  ["forbidden", 403, OpenAI.PermissionDeniedError, { code: "insufficient_permissions" }],
  ["context-overflow", 400, OpenAI.BadRequestError, { code: "context_length_exceeded", param: "messages" }],
  ["content-refused", 400, OpenAI.BadRequestError, { code: "content_policy_violation" }],
  ["rate-limited", 429, OpenAI.RateLimitError, { code: "rate_limit_exceeded" }],
  ["limit-exceeded", 429, OpenAI.RateLimitError, { code: "limit_exceeded" }],
  ["vendor-auth", 502, OpenAI.InternalServerError, { code: "vendor_auth" }],
  ["vendor-unavailable", 503, OpenAI.InternalServerError, { code: "vendor_unavailable" }],
  ["timeout", 504, OpenAI.InternalServerError, { code: "timeout" }],
];

describe("an error under /v1", () => {
  it.each(CLASSES)(
    "of the code %s, with status %i, comes out of the client as its own class",
    async (code, status, Class, fields) => {
      const { client, adapters } = await startOpenAI();
      adapters.able.failNext(new ServiceError(code, "It did not work.", { retryAfterMs: 1_200 }));
      const error = await thrownBy(client.chat.completions.create(ALONE));
      expect(error).toBeInstanceOf(Class);
      expect(error).toMatchObject({ status, message: `${status} It did not work.`, ...fields });
      expect(error.headers?.get("retry-after")).toBe("2");
      expect(error.requestID).toMatch(/^[0-9a-f-]{36}$/u);
    },
  );

  it("is retried by the client as it does with OpenAI's, once the time has passed that we name", async () => {
    const { adapters, baseURL } = await startOpenAI();
    adapters.able.failNext(new ServiceError("rate-limited", "Slow down.", { retryAfterMs: 1 }));
    const client = new OpenAI({ apiKey: "any", baseURL, maxRetries: 1 });
    expect((await client.chat.completions.create(ALONE)).choices[0]?.message.content).toBe("Good day.");
  });

  it("names a model that is not there, and those that are", async () => {
    const { client } = await startOpenAI();
    for (const model of ["gpt-0", "gpt-0@memory", "@memory"]) {
      const error = await thrownBy(client.chat.completions.create({ ...ALONE, model }));
      expect(error).toBeInstanceOf(OpenAI.NotFoundError);
      expect(error).toMatchObject({ code: "model_not_found", param: "model", type: "invalid_request_error" });
      expect(error.message).toContain("fake");
    }
  });

  it("names a search that is not there, and those that are", async () => {
    const { client } = await startOpenAI();
    for (const search of ["pinecone", ""]) {
      const error = await thrownBy(client.chat.completions.create({ ...GROUNDED, model: `fake@${search}` }));
      expect(error).toBeInstanceOf(OpenAI.NotFoundError);
      expect(error).toMatchObject({ code: "search_not_found" });
      expect(error.message).toContain("memory, readonly");
    }
  });

  it("says which setting is missing of a model that is not configured", async () => {
    const { client } = await startOpenAI();
    const error = await thrownBy(client.chat.completions.create({ ...ALONE, model: "keyless" }));
    expect(error).toMatchObject({ status: 404, code: "not_configured" });
    expect(error.message).toContain("OPENAI_API_KEY");
  });

  it("names every parameter that the model does not support, as OpenAI calls it", async () => {
    const { client } = await startOpenAI();
    const error = await thrownBy(
      client.chat.completions.create({
        ...ALONE,
        model: "fake",
        seed: 1,
        logprobs: true,
        tools: [{ type: "function", function: { name: "weather" } }],
        tool_choice: "required",
        response_format: { type: "json_object" },
        messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://example.org/a.png" } }] }],
      }),
    );
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: "unsupported_parameter", param: "seed" });
    for (const name of ["seed", "logprobs", "tools", "tool_choice", "response_format", "image_url.url"])
      expect(error.message).toContain(`${name} is not supported by the model fake`);
  });

  it("refuses a parameter that nobody knows", async () => {
    const { client, adapters } = await startOpenAI();
    const error = await thrownBy(client.chat.completions.create(extended(ALONE, { temprature: 1 })));
    expect(error).toMatchObject({ status: 400, code: "unknown_parameter", param: "temprature" });
    expect(adapters.able.requests).toEqual([]);
  });

  it("takes no parameter from a prototype that the body brings", async () => {
    const { send } = await startOpenAI();
    const body = `{"__proto__": ${JSON.stringify(ALONE)}}`;
    const { status, json } = await send("POST", "/v1/chat/completions", body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { message: expect.stringContaining("model is missing") } });
  });

  it("refuses what OpenAI knows and no model here can do, and says what to use instead", async () => {
    const { client } = await startOpenAI();
    const error = await thrownBy(
      client.chat.completions.create({ ...ALONE, functions: [{ name: "weather" }], logit_bias: { "50256": -100 } }),
    );
    expect(error).toMatchObject({ status: 400, code: "unsupported_parameter", param: "functions" });
    expect(error.message).toContain("functions is not supported: use tools; logit_bias is not supported");
  });

  it("says that a model is missing", async () => {
    const { send } = await startOpenAI();
    const { status, json } = await send("POST", "/v1/chat/completions", { messages: ALONE.messages, stream: "yes" });
    expect(status).toBe(400);
    expect(json).toEqual({
      error: {
        message: "The request is invalid: model is missing; stream must be true or false.",
        type: "invalid_request_error",
        param: "model",
        code: "missing_required_parameter",
      },
    });
  });

  const user = { role: "user", content: "Hello!" };
  const calls = (...ids: string[]) => ({
    role: "assistant",
    tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } })),
  });
  const tool = (tool_call_id: string) => ({ role: "tool", tool_call_id, content: "" });
  const retrieval = { search: "memory" };
  const tools = [{ type: "function", function: { name: "f" } }];
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["no message", { messages: [] }, "messages must have at least one message"],
    [
      "instructions alone",
      { messages: [{ role: "system", content: "Be." }] },
      "messages must hold more than instructions: a user's message",
    ],
    [
      "an unknown role",
      { messages: [{ role: "bot", content: "x" }] },
      "messages[0].role must be system, developer, user, assistant or tool",
    ],
    [
      "an empty question",
      { messages: [{ role: "user", content: " " }] },
      "messages[0].content[0].text must not be empty",
    ],
    [
      "sound",
      { messages: [{ role: "user", content: [{ type: "input_audio" }] }] },
      "messages[0].content[0].type must be text or image_url",
    ],
    [
      "an image that is none",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "file:///etc/passwd" } }] }] },
      "messages[0].content[0].image_url.url must be an http or https URL",
    ],
    [
      "an SVG image",
      {
        messages: [
          { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/svg+xml;base64,AA==" } }] },
        ],
      },
      "must be an http or https URL",
    ],
    [
      "a tool's result without its call",
      { messages: [user, tool("a")] },
      "messages[1].tool_call_id must be the id of a call",
    ],
    [
      "a call without its result",
      { messages: [user, calls("a", "b"), tool("a"), user] },
      "messages[1].tool_calls must each be answered by the messages after it",
    ],
    [
      "a call that ends the conversation",
      { messages: [user, calls("a")] },
      "messages[1].tool_calls must each be answered",
    ],
    ["a choice among no tools", { tool_choice: "auto" }, "tool_choice is only allowed with tools"],
    [
      "a choice of an unknown tool",
      { tools, tool_choice: { type: "function", function: { name: "g" } } },
      "tool_choice must name one of the tools, not g",
    ],
    [
      "another kind of choice",
      { tools, tool_choice: { type: "allowed_tools" } },
      "tool_choice must be auto, none, required, or",
    ],
    ["two tools of one name", { tools: [...tools, ...tools] }, "tools[1] has the name f of an earlier tool"],
    ["a custom tool", { tools: [{ type: "custom", custom: { name: "f" } }] }, "tools[0].type must be function"],
    ["parallel calls of no tools", { parallel_tool_calls: false }, "parallel_tool_calls is only allowed with tools"],
    [
      "a schema without its name",
      { response_format: { type: "json_schema", json_schema: { schema: {} } } },
      "response_format.json_schema.name is missing",
    ],
    [
      "an unknown format",
      { response_format: { type: "xml" } },
      "response_format.type must be text, json_object or json_schema",
    ],
    [
      "options of a stream without one",
      { stream_options: { include_usage: true } },
      "stream_options is only allowed with stream",
    ],
    ["two bounds of the length", { max_tokens: 1, max_completion_tokens: 1 }, "max_tokens must be left out"],
    ["too long an answer", { max_tokens: 4_097 }, "max_tokens must be at most 4096"],
    ["likely tokens that nobody wants", { top_logprobs: 1 }, "top_logprobs is only allowed with logprobs"],
    ["too many choices", { n: 9 }, "n must be at most 8"],
    ["half a choice", { n: 1.5 }, "n must be a whole number"],
    ["too many stops", { stop: ["a", "b", "c", "d", "e"] }, "stop must have at most 4 items"],
    ["retrieval from nowhere", { retrieval: {} }, "retrieval.search is missing"],
    ["a misspelt field of retrieval", { retrieval: { ...retrieval, topk: 1 } }, "retrieval.topk is not a known field"],
    [
      "two searches",
      { model: "fake@readonly", retrieval },
      "retrieval.search must be readonly, which the model's name says",
    ],
    ["too many passages", { retrieval: { ...retrieval, top_k: 51 } }, "retrieval.top_k must be at most 50"],
    ["a filter that is none", { retrieval: { ...retrieval, filter: { year: {} } } }, "retrieval.filter.year"],
    [
      "an answer as the question",
      { messages: [user, { role: "assistant", content: "Hi." }], retrieval },
      "messages[1] must be a user's, or a tool's, where passages are retrieved",
    ],
    [
      "an image alone as the question",
      {
        messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://example.org/a.png" } }] }],
        retrieval,
      },
      "messages[0] must have text, since passages are to be found for it",
    ],
    [
      "too long a question",
      { messages: [{ role: "user", content: "x".repeat(1_001) }], retrieval },
      "messages[0] must have at most 1000 characters, where passages are retrieved",
    ],
    [
      "too long instructions",
      { messages: [{ role: "system", content: "x".repeat(501) }, user], retrieval },
      "messages must have at most 500 characters of instructions",
    ],
    [
      "too long a history",
      { messages: [{ role: "user", content: "x".repeat(2_001) }, user], retrieval },
      "messages must have at most 2000 characters beside the question",
    ],
  ])("refuses %s, and says what is allowed", async (_, fields, message) => {
    const { send, adapters } = await startOpenAI();
    const { status, json } = await send("POST", "/v1/chat/completions", { ...ALONE, ...fields });
    expect(json).toMatchObject({ error: { message: expect.stringContaining(message), type: "invalid_request_error" } });
    expect(status).toBe(400);
    expect(adapters.able.requests).toEqual([]);
  });

  it("names every problem at once", async () => {
    const { send } = await startOpenAI();
    const { json } = await send("POST", "/v1/chat/completions", {
      model: "able",
      messages: [],
      n: 0,
      audio: {},
      foo: 1,
    });
    expect(json).toMatchObject({
      error: {
        message:
          "The request is invalid: audio is not supported: answers are text; messages must have at least one message; n must be at least 1; foo is not a known field.",
      },
    });
  });

  it("has OpenAI's shape also where no route answers, or not with this method, or not to this body", async () => {
    const { send } = await startOpenAI();
    const nowhere = await send("GET", "/v1/completions");
    expect([nowhere.status, nowhere.json]).toEqual([
      404,
      {
        error: {
          message: "There is nothing at this address.",
          type: "invalid_request_error",
          param: null,
          code: "not_found",
        },
      },
    ]);
    for (const path of ["/v1/chat/completions", "/v1/embeddings"]) {
      const { status, headers, json } = await send("GET", path);
      expect([status, headers.get("allow")]).toEqual([405, "POST"]);
      expect(json).toMatchObject({ error: { code: "method_not_allowed" } });
      const noJson = await send("POST", path, "{");
      expect([noJson.status, noJson.json]).toMatchObject([400, { error: { param: null, code: "invalid_value" } }]);
      const large = await send("POST", path, { input: "x".repeat(64 * 1024) });
      expect([large.status, large.json]).toMatchObject([413, { error: { code: "request_too_large" } }]);
      const form = await send("POST", path, "a=b", { "content-type": "application/x-www-form-urlencoded" });
      expect([form.status, form.json]).toMatchObject([415, { error: { code: "unsupported_media_type" } }]);
    }
  });

  it("tells that the deadline passed, before the answer has begun and in the middle of a stream", async () => {
    const { client, adapters } = await startOpenAI({ deadlineMs: 60 });
    const held = adapters.able.hold(1);
    const error = await thrownBy(client.chat.completions.create(ALONE));
    expect(error).toMatchObject({ status: 504, code: "timeout", type: "server_error" });
    await held.stopped;
    const texts: unknown[] = [];
    const reading = (async () => {
      for await (const { choices } of await client.chat.completions.create({ ...ALONE, stream: true }))
        texts.push(choices[0]?.delta.content);
    })();
    expect(await thrownBy(reading)).toMatchObject({ code: "timeout", type: "server_error" });
    expect(texts).toEqual(["", "Good "]);
  });

  it("tells nothing of a bug", async () => {
    const { client, adapters, log } = await startOpenAI();
    adapters.able.failNext(new TypeError("key sk-12345 is undefined"));
    const error = await thrownBy(client.chat.completions.create(ALONE));
    expect(error).toMatchObject({ status: 500, code: "internal_error", type: "server_error" });
    expect(error.message).not.toContain("sk-12345");
    expect(await log.line("status", 500)).toMatchObject({ error: expect.stringContaining("sk-12345") });
  });
});
