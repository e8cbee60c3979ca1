import { describe, expect, it } from "vitest";
import { ALONE, GROUNDED, startOpenAI } from "./openai-harness.ts";

describe("POST /v1/chat/completions", () => {
  it("answers as the model alone does, in the shape that the client knows", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith({
      deltas: ["Good ", "day."],
      usage: { inputTokens: 9, outputTokens: 3, cachedInputTokens: 4, cacheWriteInputTokens: 2, reasoningTokens: 1 },
    });
    const before = Math.floor(Date.now() / 1000);
    const { data, request_id } = await client.chat.completions.create(ALONE).withResponse();
    expect(data).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/u),
      object: "chat.completion",
      created: expect.any(Number),
      model: "able",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Good day.", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 9,
        completion_tokens: 3,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
    expect(data.created).toBeGreaterThanOrEqual(before);
    expect(request_id).toMatch(/^[0-9a-f-]{36}$/u);
    expect(adapters.able.requests[0]).toEqual({
      prompt: { system: "", messages: [{ role: "user", content: "Hello!" }], question: "Hello!", sources: [] },
      requestId: request_id,
    });
    expect(adapters.search.requests).toEqual([]);
  });

  it("hands every parameter to the model, in our words", async () => {
    const { client, adapters } = await startOpenAI();
    await client.chat.completions.create({
      ...ALONE,
      temperature: 0.5,
      top_p: 0.9,
      stop: "END",
      seed: 7,
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
      logprobs: true,
      top_logprobs: 2,
      max_completion_tokens: 99,
      reasoning_effort: "low",
      parallel_tool_calls: false,
      tools: [
        {
          type: "function",
          function: { name: "weather", description: "Tells it.", parameters: { type: "object" }, strict: true },
        },
        { type: "function", function: { name: "time" } },
      ],
      tool_choice: { type: "function", function: { name: "weather" } },
      response_format: {
        type: "json_schema",
        json_schema: { name: "reply", schema: { type: "object" }, strict: true },
      },
    });
    expect(adapters.able.requests[0]).toMatchObject({
      temperature: 0.5,
      topP: 0.9,
      stop: ["END"],
      seed: 7,
      frequencyPenalty: 0.5,
      presencePenalty: -0.5,
      topLogprobs: 2,
      maxTokens: 99,
      reasoningEffort: "low",
      parallelToolCalls: false,
      tools: [
        { name: "weather", description: "Tells it.", parameters: { type: "object" }, strict: true },
        { name: "time", parameters: { type: "object", properties: {} } },
      ],
      toolChoice: { name: "weather" },
      responseFormat: { type: "json-schema", name: "reply", schema: { type: "object" }, strict: true },
    });
  });

  it("asks nothing of a model for what is the usual anyway, or changes no answer", async () => {
    const { client, adapters } = await startOpenAI();
    await client.chat.completions.create({
      ...ALONE,
      model: "fake",
      n: 1,
      temperature: null,
      stop: null,
      frequency_penalty: 0,
      presence_penalty: 0,
      logprobs: false,
      tools: [],
      response_format: { type: "text" },
      verbosity: "medium",
      modalities: ["text"],
      service_tier: "auto",
      user: "someone",
      metadata: { team: "docs" },
      store: true,
      safety_identifier: "s",
      prompt_cache_key: "k",
      prompt_cache_retention: "24h",
    });
    expect(Object.keys(adapters.model.requests[0] ?? {})).toEqual(["prompt", "requestId"]);
  });

  it("reads instructions, earlier turns, calls of tools with their results, and images", async () => {
    const { client, adapters } = await startOpenAI();
    await client.chat.completions.create({
      model: "able",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: [{ type: "text", text: "Be kind." }] },
        { role: "user", content: "Is it raining?", name: "ada" },
        {
          role: "assistant",
          content: null,
          refusal: null,
          tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "no" }] },
        { role: "assistant", content: [{ type: "text", text: "No." }] },
        {
          role: "user",
          content: [
            { type: "text", text: "And here?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=", detail: "low" } },
            { type: "image_url", image_url: { url: "https://example.org/sky.png" } },
          ],
        },
      ],
    });
    const { system, messages } = adapters.able.requests[0]!.prompt;
    expect(system).toBe("Be brief.\n\nBe kind.");
    expect(messages).toEqual([
      { role: "user", content: "Is it raining?" },
      { role: "assistant", content: "", toolCalls: [{ id: "call_1", name: "weather", arguments: "{}" }] },
      { role: "tool", toolCallId: "call_1", content: "no" },
      { role: "assistant", content: "No." },
      {
        role: "user",
        content: [
          { type: "text", text: "And here?" },
          { type: "image", image: { mediaType: "image/png", base64: "iVBORw0KGgo=", detail: "low" } },
          { type: "image", image: { url: "https://example.org/sky.png" } },
        ],
      },
    ]);
  });

  it("tells the calls of tools that the model asks for", async () => {
    const { client, adapters } = await startOpenAI();
    const toolCalls = [{ id: "call_1", name: "weather", arguments: '{"city":"Brest"}' }];
    adapters.able.answerWith({ deltas: [], toolCalls, finishReason: "tool-calls" });
    const { choices } = await client.chat.completions.create({
      ...ALONE,
      tools: [{ type: "function", function: { name: "weather" } }],
    });
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: null,
        tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Brest"}' } }],
      },
    });
  });

  it("lets the client run the tools, and read what it asked a schema for", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith(({ prompt }) => {
      const last = prompt.messages.at(-1);
      if (last?.role === "tool") return { deltas: [`{"weather":"${last.content}"}`] };
      const call = { id: "call_1", name: "weather", arguments: '{"city":"Brest"}' };
      return { deltas: [], toolCalls: [call], finishReason: "tool-calls" };
    });
    const tool = {
      type: "function" as const,
      function: {
        name: "weather",
        description: "Tells it.",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        parse: JSON.parse,
        function: ({ city }: { readonly city: string }) => `rain in ${city}`,
      },
    };
    for (const stream of [false, true]) {
      const runner = stream
        ? client.chat.completions.runTools({ ...ALONE, messages: [...ALONE.messages], tools: [tool], stream })
        : client.chat.completions.runTools({ ...ALONE, messages: [...ALONE.messages], tools: [tool] });
      expect(await runner.finalContent()).toBe('{"weather":"rain in Brest"}');
    }
    adapters.able.answerWith({ deltas: ['{"weather":"rain"}'] });
    const schema = { type: "object", properties: { weather: { type: "string" } } };
    const parsed = await client.chat.completions.parse({
      ...ALONE,
      response_format: { type: "json_schema", json_schema: { name: "weather", schema, strict: true } },
    });
    expect(JSON.parse(parsed.choices[0]?.message.content ?? "")).toEqual({ weather: "rain" });
  });

  it("takes an answer back as it gave it", async () => {
    const { client } = await startOpenAI();
    const { choices } = await client.chat.completions.create(GROUNDED);
    const again = await client.chat.completions.create({
      ...GROUNDED,
      messages: [...GROUNDED.messages, choices[0]!.message, { role: "user", content: "And the record?" }],
    });
    expect(again.choices[0]?.message.content).toBe("The index is a copy. [1]");
  });

  it("tells how likely the tokens were", async () => {
    const { client, adapters } = await startOpenAI();
    const good = { token: "Good", logprob: -0.1, bytes: [71], alternatives: [{ token: "Bad", logprob: -3 }] };
    adapters.able.answerWith({ deltas: ["Good"], logprobs: [[good]] });
    const { choices } = await client.chat.completions.create({ ...ALONE, logprobs: true, top_logprobs: 1 });
    expect(choices[0]?.logprobs).toEqual({
      content: [
        { token: "Good", logprob: -0.1, bytes: [71], top_logprobs: [{ token: "Bad", logprob: -3, bytes: null }] },
      ],
      refusal: null,
    });
  });

  it("gives several choices, of which each is a call of the model, and counts them together", async () => {
    const { client, adapters } = await startOpenAI();
    let calls = 0;
    const usage = { inputTokens: 5, outputTokens: 2, cachedInputTokens: 1, costUsd: 0.25 };
    adapters.able.answerWith(() => ({ deltas: [`Answer ${calls++}`], usage }));
    const reply = await client.chat.completions.create({ ...ALONE, n: 3 });
    expect(reply.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, "Answer 0"],
      [1, "Answer 1"],
      [2, "Answer 2"],
    ]);
    expect(reply.usage).toMatchObject({ prompt_tokens: 15, completion_tokens: 6, total_tokens: 21, cost_usd: 0.75 });
  });

  it.each([
    ["length", "length"],
    ["content-filter", "content_filter"],
  ] as const)("calls the end %s %s", async (finishReason, finish_reason) => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith({ deltas: ["Good"], finishReason });
    const { choices } = await client.chat.completions.create(ALONE);
    expect(choices[0]).toMatchObject({ finish_reason });
    expect(choices[0]).not.toHaveProperty("no_answer");
  });
});
