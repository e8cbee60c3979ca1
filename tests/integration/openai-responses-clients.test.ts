import { createOpenAI } from "@ai-sdk/openai";
import { ChatOpenAI } from "@langchain/openai";
import { APICallError, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import type { CompletionRequest } from "../../domain/ports/completion-port.ts";
import { type OpenAIService, startOpenAI } from "./openai-harness.ts";

const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
} as const;

const USAGE = { inputTokens: 9, outputTokens: 3, cachedInputTokens: 4 };

/** A model that asks for the weather after a word, and once it has it says so. */
function weatherModel({ prompt }: CompletionRequest) {
  const last = prompt.messages.at(-1);
  if (last?.role === "tool") return { deltas: ["In Brest: ", last.content], usage: USAGE };
  const toolCalls = [{ id: "call_1", name: "weather", arguments: '{"city":"Brest"}' }];
  return { deltas: ["I look."], toolCalls, finishReason: "tool-calls" as const, usage: USAGE };
}

describe("the Vercel AI SDK, whose provider of OpenAI asks for responses", () => {
  const modelOf = ({ baseURL }: OpenAIService, model: string) => createOpenAI({ apiKey: "any", baseURL })(model);

  it("generates a text", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ["Good ", "day."], usage: USAGE });
    const model = modelOf(service, "able");
    const result = await generateText({
      model,
      prompt: "Hello!",
      system: "Be brief.",
      temperature: 0.5,
      maxRetries: 0,
    });
    expect(result).toMatchObject({
      text: "Good day.",
      finishReason: "stop",
      usage: { inputTokens: 9, outputTokens: 3, totalTokens: 12, inputTokenDetails: { cacheReadTokens: 4 } },
    });
    expect(service.adapters.able.requests[0]).toMatchObject({ temperature: 0.5, prompt: { system: "Be brief." } });
  });

  it("streams a text", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ["Good ", "day."], usage: USAGE, finishReason: "length" });
    const result = streamText({ model: modelOf(service, "able"), prompt: "Hello!", maxRetries: 0 });
    expect(await Array.fromAsync(result.textStream)).toEqual(["Good ", "day."]);
    expect(await result.usage).toMatchObject({ inputTokens: 9, outputTokens: 3 });
    expect(await result.finishReason).toBe("length");
  });

  it("reads an answer from passages, and of a stream, too", async () => {
    const service = await startOpenAI();
    service.adapters.model.answerWith({ deltas: ["The index is a copy [1].", " A tea is served at five [2]."] });
    const asked = { model: modelOf(service, "fake@memory"), prompt: "What is the index?", maxRetries: 0 };
    const whole = await generateText(asked);
    const streamed = streamText(asked);
    expect((await Array.fromAsync(streamed.textStream)).join("")).toBe(whole.text);
    const sources = [
      { type: "source", sourceType: "document", filename: "Retrieval" },
      { type: "source", sourceType: "document", filename: "tea" },
    ];
    expect(whole.sources).toMatchObject(sources);
    expect(await streamed.sources).toMatchObject(sources);
  });

  it("calls a tool and goes on with its result, at once and in a stream, where it is told not to store", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith(weatherModel);
    const weather = tool({ inputSchema: jsonSchema<{ city: string }>(CITY), execute: ({ city }) => `rain in ${city}` });
    const asked = {
      model: modelOf(service, "able"),
      prompt: "How is the weather?",
      tools: { weather },
      stopWhen: stepCountIs(3),
      providerOptions: { openai: { store: false } },
      maxRetries: 0,
    };
    expect((await generateText(asked)).text).toBe("In Brest: rain in Brest");
    const streamed = streamText(asked);
    expect(await streamed.text).toBe("In Brest: rain in Brest");
    expect(service.adapters.able.requests[1]?.prompt.messages[1]).toMatchObject({
      role: "assistant",
      content: "I look.",
    });
  });

  it("is told to send items whole where it refers to what it takes for stored", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith(weatherModel);
    const weather = tool({ inputSchema: jsonSchema<{ city: string }>(CITY), execute: () => "rain" });
    const model = modelOf(service, "able");
    const failing = generateText({ model, prompt: "Hm?", tools: { weather }, stopWhen: stepCountIs(3), maxRetries: 0 });
    await expect(failing).rejects.toThrow(/items must be sent whole, as clients do with store: false/u);
  });

  it("generates an object by a schema", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ['{"city":', '"Brest"}'] });
    const { output } = await generateText({
      model: modelOf(service, "able"),
      prompt: "Where?",
      output: Output.object({ schema: jsonSchema<{ city: string }>(CITY) }),
      maxRetries: 0,
    });
    expect(output).toEqual({ city: "Brest" });
    expect(service.adapters.able.requests[0]?.responseFormat).toMatchObject({ type: "json-schema", strict: true });
  });

  it("sends an image", async () => {
    const service = await startOpenAI();
    const data = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const content = [
      { type: "text" as const, text: "What is this?" },
      { type: "file" as const, data, mediaType: "image/png" },
    ];
    await generateText({ model: modelOf(service, "able"), messages: [{ role: "user", content }], maxRetries: 0 });
    expect(service.adapters.able.requests[0]?.prompt.messages[0]?.content).toMatchObject([
      { type: "text" },
      { type: "image", image: { mediaType: "image/png", base64: "iVBORw0KGgo=" } },
    ]);
  });

  it("understands an error, and one in the middle of a stream", async () => {
    const service = await startOpenAI();
    const asked = { model: modelOf(service, "able"), prompt: "Hello!", maxRetries: 0 };
    service.adapters.able.failNext(new ServiceError("rate-limited", "Slow down.", { retryAfterMs: 1_000 }));
    const error = await generateText(asked).catch((thrown: unknown) => thrown);
    expect(APICallError.isInstance(error) && [error.statusCode, error.message, error.isRetryable]).toEqual([
      429,
      "Slow down.",
      true,
    ]);
    service.adapters.able.failNext(new ServiceError("vendor-unavailable", "The vendor is away."), 1);
    const errors: unknown[] = [];
    const streamed = streamText({ ...asked, onError: ({ error: told }) => void errors.push(told) });
    await streamed.consumeStream();
    expect(errors).toHaveLength(1);
    expect(String(errors[0])).toContain("The vendor is away.");
    expect(await streamed.finishReason).toBe("error");
  });
});

describe("LangChain's ChatOpenAI, asking for responses", () => {
  function chatOf({ baseURL }: OpenAIService, model: string, fields: Readonly<Record<string, unknown>> = {}) {
    const configuration = { baseURL };
    return new ChatOpenAI({ model, apiKey: "any", maxRetries: 0, useResponsesApi: true, configuration, ...fields });
  }

  it("asks, and streams", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ["Good ", "day."], usage: USAGE });
    const chat = chatOf(service, "able", { temperature: 0.5, maxTokens: 99 });
    const answer = await chat.invoke([
      ["system", "Be brief."],
      ["human", "Hello!"],
    ]);
    expect(answer.text).toBe("Good day.");
    expect(answer.response_metadata).toMatchObject({ object: "response" });
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 9, output_tokens: 3, total_tokens: 12 });
    let text = "";
    for await (const chunk of await chat.stream("Hello!")) text += chunk.text;
    expect(text).toBe("Good day.");
    expect(service.adapters.able.requests[0]).toMatchObject({
      temperature: 0.5,
      maxTokens: 99,
      prompt: { system: "Be brief." },
    });
  });

  it("answers from passages, by the model's name or by the body, and goes on with the answer", async () => {
    const service = await startOpenAI();
    const named = await chatOf(service, "fake@memory").invoke("What is the index?");
    expect(named.content).toMatchObject([{ text: "The index is a copy. [1]", annotations: [{ title: "Retrieval" }] }]);
    const chat = chatOf(service, "fake", { modelKwargs: { retrieval: { search: "memory" } } });
    const again = await chat.invoke([["human", "What is the index?"], named, ["human", "And tea?"]]);
    expect(again.text).toBe("The index is a copy. [1]");
    expect(service.adapters.search.requests.map(({ query }) => query)).toEqual([
      "What is the index?",
      "And tea? index",
    ]);
  });

  it("calls a tool and goes on with its result", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith(weatherModel);
    const weather = { type: "function" as const, function: { name: "weather", parameters: CITY } };
    const chat = chatOf(service, "able").bindTools([weather], { tool_choice: "weather" });
    const asked = await chat.invoke("How is the weather?");
    expect(asked.tool_calls).toMatchObject([{ id: "call_1", name: "weather", args: { city: "Brest" } }]);
    const result = { role: "tool", tool_call_id: "call_1", content: "rain" };
    const answer = await chat.invoke([{ role: "user", content: "How is the weather?" }, asked, result]);
    expect(answer.text).toBe("In Brest: rain");
    expect(service.adapters.able.requests[0]).toMatchObject({ toolChoice: { name: "weather" } });
  });

  it("throws where a stream breaks, and takes what came for no answer", async () => {
    const service = await startOpenAI();
    service.adapters.able.failNext(new ServiceError("vendor-unavailable", "The vendor is away."), 1);
    const reading = (async () => Array.fromAsync(await chatOf(service, "able").stream("Hello!")))();
    await expect(reading).rejects.toThrow("The vendor is away.");
  });
});
