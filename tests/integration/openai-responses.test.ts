import { zodTextFormat } from "openai/helpers/zod";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ALONE_RESPONSE, startOpenAI, WEATHER } from "./openai-harness.ts";

describe("POST /v1/responses", () => {
  it("answers as the model alone does, in the shape that the client knows", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith({
      deltas: ["Good ", "day."],
      usage: { inputTokens: 9, outputTokens: 3, cachedInputTokens: 4, cacheWriteInputTokens: 2, reasoningTokens: 1 },
    });
    const before = Math.floor(Date.now() / 1000);
    const { data, request_id } = await client.responses.create(ALONE_RESPONSE).withResponse();
    expect(data).toEqual({
      id: expect.stringMatching(/^resp_[0-9a-f]{32}$/u),
      object: "response",
      created_at: expect.any(Number),
      status: "completed",
      completed_at: expect.any(Number),
      error: null,
      incomplete_details: null,
      background: false,
      instructions: null,
      max_output_tokens: null,
      metadata: {},
      model: "able",
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      service_tier: "default",
      store: false,
      temperature: null,
      text: { format: { type: "text" }, verbosity: "medium" },
      tool_choice: "auto",
      tools: [],
      top_logprobs: 0,
      top_p: null,
      truncation: "disabled",
      output: [
        {
          id: expect.stringMatching(/^msg_[0-9a-f]{32}$/u),
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: "Good day.", annotations: [], logprobs: [] }],
        },
      ],
      output_text: "Good day.",
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
        output_tokens: 3,
        output_tokens_details: { reasoning_tokens: 1 },
        total_tokens: 12,
      },
    });
    expect(data.created_at).toBeGreaterThanOrEqual(before);
    expect(request_id).toMatch(/^[0-9a-f-]{36}$/u);
    expect(adapters.able.requests[0]).toEqual({
      requestId: request_id,
      prompt: { system: "", messages: [{ role: "user", content: "Hello!" }], question: "Hello!", sources: [] },
    });
    expect(adapters.search.requests).toEqual([]);
  });

  it("hands every parameter to the model, in our words, and tells it in the answer", async () => {
    const { client, adapters } = await startOpenAI();
    const asked = {
      instructions: "Be brief.",
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 99,
      parallel_tool_calls: false,
      tools: [WEATHER, { type: "function", name: "time", parameters: null, strict: null }],
      tool_choice: { type: "function", name: "weather" },
      metadata: { team: "docs" },
    } as const;
    const reply = await client.responses.create({
      ...ALONE_RESPONSE,
      ...asked,
      tools: [...asked.tools],
      top_logprobs: 2,
      include: ["message.output_text.logprobs"],
      reasoning: { effort: "low", summary: "auto" },
      text: { format: { type: "json_schema", name: "reply", schema: { type: "object" }, strict: true } },
    });
    const parameters = { type: "object", properties: {} };
    expect(adapters.able.requests[0]).toMatchObject({
      prompt: { system: "Be brief." },
      temperature: 0.5,
      topP: 0.9,
      topLogprobs: 2,
      maxTokens: 99,
      reasoningEffort: "low",
      parallelToolCalls: false,
      tools: [
        { name: "weather", description: "Tells it.", parameters: WEATHER.parameters, strict: true },
        { name: "time", parameters },
      ],
      toolChoice: { name: "weather" },
      responseFormat: { type: "json-schema", name: "reply", schema: { type: "object" }, strict: true },
    });
    expect(reply).toMatchObject({
      ...asked,
      tools: [WEATHER, { type: "function", name: "time", parameters, strict: false }],
      top_logprobs: 2,
      reasoning: { effort: "low", summary: null },
      text: { format: { type: "json_schema", name: "reply", schema: { type: "object" }, strict: true } },
    });
  });

  it("asks nothing of a model for what is the usual anyway, or changes no answer", async () => {
    const { client, adapters } = await startOpenAI();
    await client.responses.create({
      ...ALONE_RESPONSE,
      model: "fake",
      instructions: "",
      temperature: null,
      top_logprobs: 0,
      include: ["reasoning.encrypted_content"],
      tools: [],
      tool_choice: "auto",
      parallel_tool_calls: true,
      text: { format: { type: "text" }, verbosity: "medium" },
      reasoning: { effort: null, summary: "detailed" },
      truncation: "disabled",
      service_tier: "auto",
      store: false,
      background: false,
      previous_response_id: null,
      conversation: null,
      metadata: null,
      user: "someone",
      safety_identifier: "s",
      max_tool_calls: 3,
      prompt_cache_key: "k",
      prompt_cache_retention: "24h",
    });
    expect(Object.keys(adapters.model.requests[0] ?? {})).toEqual(["prompt", "requestId"]);
  });

  it("reads instructions, earlier turns, calls of tools with their results, and images", async () => {
    const { client, adapters } = await startOpenAI();
    await client.responses.create({
      model: "able",
      instructions: "Be brief.",
      input: [
        { role: "system", content: "Be kind." },
        { type: "message", role: "developer", content: [{ type: "input_text", text: "Be right." }] },
        { role: "user", content: "Is it raining?" },
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" },
        { role: "assistant", content: "I look." },
        { type: "function_call", call_id: "call_1", name: "weather", arguments: "{}" },
        { type: "function_call", id: "fc_2", call_id: "call_2", name: "time", arguments: "", status: "completed" },
        { type: "function_call_output", call_id: "call_2", output: "" },
        { type: "function_call_output", call_id: "call_1", output: [{ type: "input_text", text: "no" }] },
        {
          type: "message",
          id: "msg_1",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: "No.", annotations: [] }],
        },
        {
          role: "user",
          content: [
            { type: "input_text", text: "And here?" },
            { type: "input_image", image_url: "data:image/png;base64,iVBORw0KGgo=", detail: "low" },
            { type: "input_image", image_url: "https://example.org/sky.png", detail: "auto", file_id: null },
          ],
        },
      ],
    });
    const { system, messages } = adapters.able.requests[0]!.prompt;
    expect(system).toBe("Be brief.\n\nBe kind.\n\nBe right.");
    expect(messages).toEqual([
      { role: "user", content: "Is it raining?" },
      {
        role: "assistant",
        content: "I look.",
        toolCalls: [
          { id: "call_1", name: "weather", arguments: "{}" },
          { id: "call_2", name: "time", arguments: "" },
        ],
      },
      { role: "tool", toolCallId: "call_2", content: "" },
      { role: "tool", toolCallId: "call_1", content: "no" },
      { role: "assistant", content: "No." },
      {
        role: "user",
        content: [
          { type: "text", text: "And here?" },
          { type: "image", image: { mediaType: "image/png", base64: "iVBORw0KGgo=", detail: "low" } },
          { type: "image", image: { url: "https://example.org/sky.png", detail: "auto" } },
        ],
      },
    ]);
  });

  it("gives an object by a schema, which the client's helper reads", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith({ deltas: ['{"city":', '"Brest"}'] });
    const { output_parsed: place } = await client.responses.parse({
      ...ALONE_RESPONSE,
      text: { format: zodTextFormat(z.object({ city: z.string() }), "place") },
    });
    expect(place).toEqual({ city: "Brest" });
    expect(adapters.able.requests[0]?.responseFormat).toMatchObject({
      type: "json-schema",
      name: "place",
      strict: true,
      schema: { type: "object", properties: { city: { type: "string" } } },
    });
  });

  it("tells how likely the tokens were to whoever asks for it", async () => {
    const { client, adapters } = await startOpenAI();
    const good = { token: "Good", logprob: -0.1, bytes: [71], alternatives: [{ token: "Bad", logprob: -3 }] };
    adapters.able.answerWith({ deltas: ["Good"], logprobs: [[good]] });
    const reply = await client.responses.create({ ...ALONE_RESPONSE, include: ["message.output_text.logprobs"] });
    expect(reply.output[0]).toMatchObject({
      content: [
        {
          logprobs: [
            { token: "Good", logprob: -0.1, bytes: [71], top_logprobs: [{ token: "Bad", logprob: -3, bytes: [] }] },
          ],
        },
      ],
    });
    await client.responses.create({ ...ALONE_RESPONSE, top_logprobs: 3 });
    expect(adapters.able.requests.map(({ topLogprobs }) => topLogprobs)).toEqual([0, 3]);
  });

  it.each([
    ["length", "max_output_tokens"],
    ["content-filter", "content_filter"],
  ] as const)("is incomplete where it ended for %s, and says %s", async (finishReason, reason) => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith({ deltas: ["Good"], finishReason });
    const reply = await client.responses.create(ALONE_RESPONSE);
    expect(reply).toMatchObject({
      status: "incomplete",
      completed_at: null,
      incomplete_details: { reason },
      output: [{ status: "incomplete", content: [{ text: "Good" }] }],
    });
  });

  it("has no output where the vendor cut everything", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith({ deltas: [], finishReason: "content-filter" });
    expect(await client.responses.create(ALONE_RESPONSE)).toMatchObject({ status: "incomplete", output: [] });
  });
});
