import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { APICallError, embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import type { CompletionRequest } from "../../domain/ports/completion-port.ts";
import { wordVector } from "../support/fakes/fake-embedding.ts";
import { type OpenAIService, startOpenAI } from "./openai-harness.ts";

const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
} as const;

const USAGE = { inputTokens: 9, outputTokens: 3, cachedInputTokens: 4 };

/** A model that asks for the weather, and once it has it says so. */
function weatherModel({ prompt }: CompletionRequest) {
  const last = prompt.messages.at(-1);
  if (last?.role === "tool") return { deltas: ["In Brest: ", last.content], usage: USAGE };
  const toolCalls = [{ id: "call_1", name: "weather", arguments: '{"city":"Brest"}' }];
  return { deltas: [], toolCalls, finishReason: "tool-calls" as const, usage: USAGE };
}

function compatible({ baseURL }: OpenAIService) {
  return createOpenAICompatible({
    name: "pharos",
    apiKey: "any",
    baseURL,
    supportsStructuredOutputs: true,
    includeUsage: true,
  });
}

function official({ baseURL }: OpenAIService) {
  return createOpenAI({ apiKey: "any", baseURL });
}

describe.each([
  ["@ai-sdk/openai", official, (service: OpenAIService, model: string) => official(service).chat(model)],
  ["@ai-sdk/openai-compatible", compatible, (service: OpenAIService, model: string) => compatible(service)(model)],
] as const)("the Vercel AI SDK with %s", (name, provider, modelOf) => {
  it("generates a text", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ["Good ", "day."], usage: USAGE });
    const result = await generateText({
      model: modelOf(service, "able"),
      prompt: "Hello!",
      temperature: 0.5,
      maxRetries: 0,
    });
    expect(result).toMatchObject({
      text: "Good day.",
      finishReason: "stop",
      usage: { inputTokens: 9, outputTokens: 3, totalTokens: 12, inputTokenDetails: { cacheReadTokens: 4 } },
    });
    expect(service.adapters.able.requests[0]).toMatchObject({ temperature: 0.5 });
  });

  it("streams a text", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ["Good ", "day."], usage: USAGE });
    const result = streamText({ model: modelOf(service, "able"), prompt: "Hello!", maxRetries: 0 });
    expect((await Array.fromAsync(result.textStream)).join("")).toBe("Good day.");
    expect(await result.usage).toMatchObject({ inputTokens: 9, outputTokens: 3 });
    expect(await result.finishReason).toBe("stop");
  });

  it("reads an answer from passages, and of a stream, too", async () => {
    const service = await startOpenAI();
    service.adapters.model.answerWith({ deltas: ["The index is a copy [1].", " A tea is served at five [2]."] });
    const model = modelOf(service, "fake@memory");
    const whole = await generateText({ model, prompt: "What is the index?", maxRetries: 0 });
    const streamed = streamText({ model, prompt: "What is the index?", maxRetries: 0 });
    expect(whole.text).toBe("The index is a copy [1]. A tea is served at five [2].");
    expect((await Array.fromAsync(streamed.textStream)).join("")).toBe(whole.text);
    const sources =
      name === "@ai-sdk/openai"
        ? [
            { type: "source", sourceType: "url", url: "docs/retrieval.md", title: "Retrieval" },
            { type: "source", sourceType: "url", url: "/corpora/memory/documents/tea", title: "tea" },
          ]
        : [];
    expect(whole.sources).toMatchObject(sources);
    expect(await streamed.sources).toMatchObject(sources);
  });

  it("calls a tool and goes on with its result, at once and in a stream", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith(weatherModel);
    const weather = tool({ inputSchema: jsonSchema<{ city: string }>(CITY), execute: ({ city }) => `rain in ${city}` });
    const asked = {
      model: modelOf(service, "able"),
      prompt: "How is the weather?",
      tools: { weather },
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    };
    expect((await generateText(asked)).text).toBe("In Brest: rain in Brest");
    const streamed = streamText(asked);
    expect((await Array.fromAsync(streamed.textStream)).join("")).toBe("In Brest: rain in Brest");
    expect(service.adapters.able.requests[0]?.tools).toMatchObject([{ name: "weather" }]);
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
    const image = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    await generateText({
      model: modelOf(service, "able"),
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "file", data: image, mediaType: "image/png" },
          ],
        },
      ],
      maxRetries: 0,
    });
    expect(service.adapters.able.requests[0]?.prompt.messages[0]?.content).toMatchObject([
      { type: "text" },
      { type: "image", image: { mediaType: "image/png", base64: "iVBORw0KGgo=" } },
    ]);
  });

  it("embeds", async () => {
    const service = await startOpenAI();
    const model = provider(service).embeddingModel("words");
    const { embeddings } = await embedMany({ model, values: ["the index", "a copy"], maxRetries: 0 });
    expect(embeddings).toEqual(["the index", "a copy"].map((text) => [...wordVector(text, 8)]));
  });

  it("understands an error", async () => {
    const service = await startOpenAI();
    service.adapters.able.failNext(new ServiceError("rate-limited", "Slow down.", { retryAfterMs: 1_000 }));
    const failing = generateText({ model: modelOf(service, "able"), prompt: "Hello!", maxRetries: 0 });
    const error = await failing.catch((thrown: unknown) => thrown);
    expect(APICallError.isInstance(error) && [error.statusCode, error.message, error.isRetryable]).toEqual([
      429,
      "Slow down.",
      true,
    ]);
  });
});

it("the Vercel AI SDK asks for retrieval by the provider's options, too", async () => {
  const service = await startOpenAI();
  await generateText({
    model: compatible(service)("fake"),
    prompt: "What is the index?",
    providerOptions: { pharos: { retrieval: { search: "memory", top_k: 1 } } },
    maxRetries: 0,
  });
  expect(service.adapters.search.requests).toEqual([{ query: "What is the index?", topK: 1 }]);
});

describe("LangChain's ChatOpenAI", () => {
  function chatOf({ baseURL }: OpenAIService, model: string, fields: Readonly<Record<string, unknown>> = {}) {
    return new ChatOpenAI({ model, apiKey: "any", maxRetries: 0, configuration: { baseURL }, ...fields });
  }

  it("asks, and streams", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ["Good ", "day."], usage: USAGE });
    const chat = chatOf(service, "able", { temperature: 0.5, maxTokens: 99 });
    const answer = await chat.invoke([
      ["system", "Be brief."],
      ["human", "Hello!"],
    ]);
    expect(answer.content).toBe("Good day.");
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 9, output_tokens: 3, total_tokens: 12 });
    let text = "";
    for await (const chunk of await chat.stream("Hello!")) text += chunk.content;
    expect(text).toBe("Good day.");
    expect(service.adapters.able.requests[0]).toMatchObject({
      temperature: 0.5,
      maxTokens: 99,
      prompt: { system: "Be brief." },
    });
  });

  it("answers from passages, by the model's name or by the body", async () => {
    const service = await startOpenAI();
    const named = await chatOf(service, "fake@memory").invoke("What is the index?");
    const chat = chatOf(service, "fake", {
      modelKwargs: { retrieval: { search: "memory" } },
      __includeRawResponse: true,
    });
    const answer = await chat.invoke("What is the index?");
    expect([named.content, answer.content]).toEqual(["The index is a copy. [1]", "The index is a copy. [1]"]);
    expect(answer.additional_kwargs.__raw_response).toMatchObject({
      sources: [{ id: "p1" }, { id: "p2" }],
      choices: [{ message: { annotations: [{ passage_id: "p1" }] } }],
    });
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
    expect(answer.content).toBe("In Brest: rain");
    expect(service.adapters.able.requests[0]).toMatchObject({ toolChoice: { name: "weather" } });
  });

  it("gives an object by a schema", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ['{"city":', '"Brest"}'] });
    const chat = chatOf(service, "able").withStructuredOutput(CITY, { name: "place", method: "jsonSchema" });
    expect(await chat.invoke("Where?")).toEqual({ city: "Brest" });
    expect(service.adapters.able.requests[0]?.responseFormat).toMatchObject({ type: "json-schema", name: "place" });
  });

  it("embeds", async () => {
    const { baseURL } = await startOpenAI();
    const embeddings = new OpenAIEmbeddings({
      model: "words",
      apiKey: "any",
      maxRetries: 0,
      configuration: { baseURL },
    });
    expect(await embeddings.embedQuery("the index")).toEqual([...wordVector("the index", 8)]);
  });

  it("understands an error", async () => {
    const service = await startOpenAI();
    await expect(chatOf(service, "gpt-0").invoke("Hello!")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });
});
