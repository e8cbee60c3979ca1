import type OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { AnswerQuestion } from "../../application/answer-question.ts";
import { ServiceError } from "../../domain/errors.ts";
import { EventReader, type WireEvent } from "../support/event-stream.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";
import { RawConnection } from "./http-connection.ts";
import { ALONE, GROUNDED, type OpenAIService, startOpenAI } from "./openai-harness.ts";

type Body = Omit<OpenAI.ChatCompletionCreateParamsStreaming, "stream">;

/** The chunks, as the client reads them. */
async function chunksOf({ client }: OpenAIService, body: Body): Promise<OpenAI.ChatCompletionChunk[]> {
  return Array.fromAsync(await client.chat.completions.create({ ...body, stream: true }));
}

describe("POST /v1/chat/completions with stream", () => {
  it("says who speaks, then the text as it comes, then why it ended", async () => {
    const service = await startOpenAI();
    const chunks = await chunksOf(service, ALONE);
    expect(chunks.map(({ choices }) => choices)).toEqual([
      [{ index: 0, delta: { role: "assistant", content: "", refusal: null }, logprobs: null, finish_reason: null }],
      [{ index: 0, delta: { content: "Good " }, logprobs: null, finish_reason: null }],
      [{ index: 0, delta: { content: "day." }, logprobs: null, finish_reason: null }],
      [{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }],
    ]);
    const { id, created } = chunks[0]!;
    expect(id).toMatch(/^chatcmpl-[0-9a-f]{32}$/u);
    for (const { choices: _, ...head } of chunks) {
      expect(head).toEqual({ id, created, model: "able", object: "chat.completion.chunk" });
    }
  });

  it("tells the tokens in a last chunk to whoever wants them", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({
      deltas: ["Good"],
      usage: { inputTokens: 9, outputTokens: 3, cachedInputTokens: 4 },
    });
    const chunks = await chunksOf(service, { ...ALONE, stream_options: { include_usage: true } });
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual([null, null, null]);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } },
    });
  });

  it("ends with the line that clients wait for", async () => {
    const { baseURL } = await startOpenAI();
    const response = await fetch(`${baseURL}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...ALONE, stream: true }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = await new EventReader(response).rest();
    expect(events.at(-1)).toEqual({ event: "message", data: "[DONE]" });
  });

  it("joined by the client, is the answer that comes at once", async () => {
    const service = await startOpenAI();
    const toolCalls = [
      { id: "call_1", name: "weather", arguments: '{"city":"Brest"}' },
      { id: "call_2", name: "time", arguments: '{"zone":"Europe/\\"Paris\\""}' },
    ];
    service.adapters.able.answerWith({ deltas: ["I look. \u2028", '"it"\n'], toolCalls, finishReason: "tool-calls" });
    const body = {
      ...ALONE,
      tools: ["weather", "time"].map((name) => ({ type: "function" as const, function: { name } })),
    };
    const [streamed, whole] = [
      await service.client.chat.completions.stream(body).finalChatCompletion(),
      await service.client.chat.completions.create(body),
    ];
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject(whole.choices[0]?.message.tool_calls ?? []);
    expect(streamed.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: 'I look. \u2028"it"\n' },
    });
    expect(whole.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: 'I look. \u2028"it"\n' },
    });
  });

  it("has the passages in its first chunk, and each citation right after what it supports", async () => {
    const service = await startOpenAI();
    service.adapters.model.answerWith({ deltas: ["The index is a copy [1].", " A tea is served [2].", " Cheers."] });
    const chunks = await chunksOf(service, GROUNDED);
    const deltas = chunks.map(({ choices }) => choices[0]?.delta);
    expect(chunks[0]).toMatchObject({ sources: [{ id: "p1", document_id: "retrieval" }, { id: "p2" }] });
    for (const chunk of chunks.slice(1)) expect(chunk).not.toHaveProperty("sources");
    expect(deltas.slice(1)).toMatchObject([
      { content: "The index is a copy [1]." },
      { annotations: [{ type: "url_citation", url_citation: { url: "docs/retrieval.md" }, verified: true }] },
      { content: " A tea is served [2]." },
      { annotations: [{ file_citation: { file_id: "tea" } }] },
      { content: " Cheers." },
      {},
    ]);
  });

  it("tells the same citations as the answer that comes at once", async () => {
    const service = await startOpenAI();
    service.adapters.model.answerWith({ deltas: ["The index is a copy [1].", " A tea is served [2]."] });
    const chunks = await chunksOf(service, GROUNDED);
    const annotations = chunks.flatMap(({ choices }) => {
      const delta = choices[0]?.delta as { annotations?: unknown[] } | undefined;
      return delta?.annotations ?? [];
    });
    const whole = await service.client.chat.completions.create(GROUNDED);
    expect(annotations).toEqual(whole.choices[0]?.message.annotations);
  });

  it("tells warnings, and that the passages hold no answer, with its end", async () => {
    const service = await startOpenAI();
    service.adapters.model.answerWith({ deltas: ["None."], finishReason: "no-answer", warnings: ["It has no seed."] });
    const chunks = await chunksOf(service, GROUNDED);
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ finish_reason: "stop", no_answer: true }],
      warnings: ["It has no seed."],
    });
  });

  it("says where the model answered without passages, as the answer at once does", async () => {
    const settings = { sourceTokens: 1_000, abstains: true, ungroundedSearches: ["memory"] };
    const service = await startOpenAI({}, (_, adapters) => new AnswerQuestion(adapters, wordTokenizer, settings));
    const fail = () => service.adapters.search.failNext(new ServiceError("retrieval-unavailable", "Away."));
    fail();
    const chunks = await chunksOf(service, GROUNDED);
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: "stop", ungrounded: true }] });
    fail();
    const whole = await service.client.chat.completions.create(GROUNDED);
    expect(whole).toMatchObject({ sources: [], choices: [{ finish_reason: "stop", ungrounded: true }] });
    expect((await service.client.chat.completions.create(GROUNDED)).choices[0]).not.toHaveProperty("ungrounded");
  });

  it("tells how likely the tokens were, with the text that they make", async () => {
    const service = await startOpenAI();
    const good = { token: "Good", logprob: -0.1, alternatives: [] };
    service.adapters.able.answerWith({ deltas: ["Good"], logprobs: [[good]] });
    const chunks = await chunksOf(service, { ...ALONE, logprobs: true });
    expect(chunks[1]?.choices[0]?.logprobs).toEqual({
      content: [{ token: "Good", logprob: -0.1, bytes: null, top_logprobs: [] }],
      refusal: null,
    });
  });

  it("carries several choices at once, each under its number, and ends with the last of them", async () => {
    const service = await startOpenAI();
    let calls = 0;
    const usage = { inputTokens: 5, outputTokens: 2, cachedInputTokens: 0 };
    service.adapters.able.answerWith(() => ({ deltas: [`Answer `, `${calls++}`], usage }));
    const chunks = await chunksOf(service, { ...ALONE, n: 3, stream_options: { include_usage: true } });
    const texts = ["", "", ""];
    for (const { choices } of chunks) for (const { index, delta } of choices) texts[index] += delta.content ?? "";
    expect(texts).toEqual(["Answer 0", "Answer 1", "Answer 2"]);
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason === "stop")).toHaveLength(3);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 15, completion_tokens: 6 } });
  });

  it("goes on with the other choices while one waits", async () => {
    const service = await startOpenAI();
    const held = service.adapters.able.hold(1);
    const stream = await service.client.chat.completions.create({ ...ALONE, n: 2, stream: true });
    const seen: number[] = [];
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content === "Good ") seen.push(choices[0].index);
      if (seen.length === 2) held.release();
    }
    expect(seen.toSorted()).toEqual([0, 1]);
  });

  it("stops all its choices when the caller goes away", async () => {
    const service = await startOpenAI();
    const held = service.adapters.able.hold(1);
    const connection = await RawConnection.open(service.server.port);
    connection.post("/v1/chat/completions", { ...ALONE, n: 2, stream: true });
    await held.reached;
    connection.destroy();
    await held.stopped;
    expect(await service.log.line("code", "cancelled")).toMatchObject({ route: "/v1/chat/completions" });
  });
});

describe("a stream whose model is slow", () => {
  /** Reads from the wire, where comments can be seen. */
  async function read(service: OpenAIService, body: Body): Promise<EventReader> {
    const response = await fetch(`${service.baseURL}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...body, stream: true }),
    });
    expect(response.status).toBe(200);
    return new EventReader(response);
  }

  const chunkOf = (event: WireEvent | undefined) => JSON.parse(event?.data ?? "");

  it("begins all the same, with the passages, and shows that it lives", async () => {
    const service = await startOpenAI({ silenceMs: 20 });
    const held = service.adapters.model.hold(0);
    const events = await read(service, GROUNDED);
    expect(chunkOf(await events.next())).toMatchObject({
      choices: [{ delta: { role: "assistant" } }],
      sources: [{ id: "p1" }, { id: "p2" }],
    });
    expect(await events.next()).toMatchObject({ comment: "" });
    held.release();
    const rest = (await events.rest()).filter(({ comment }) => comment === undefined);
    expect(rest.map(({ data }) => data).at(-1)).toBe("[DONE]");
    expect(chunkOf(rest[0])).toMatchObject({ choices: [{ delta: { content: "The index is " } }] });
  });

  it("tells the passages later where the search is the slow one", async () => {
    const service = await startOpenAI({ silenceMs: 20 });
    const held = service.adapters.search.hold();
    const events = await read(service, GROUNDED);
    expect(chunkOf(await events.next())).not.toHaveProperty("sources");
    held.release();
    const rest = (await events.rest()).filter(({ comment }) => comment === undefined);
    expect(chunkOf(rest[0])).toMatchObject({ choices: [{ delta: {} }], sources: [{ id: "p1" }, { id: "p2" }] });
    expect(chunkOf(rest[1])).toMatchObject({ choices: [{ delta: { content: "The index is " } }] });
  });

  it("ends with the error where the model then fails", async () => {
    const service = await startOpenAI({ silenceMs: 20 });
    service.adapters.able.failNext(new ServiceError("rate-limited", "Slow down."));
    const held = service.adapters.able.hold(0);
    const events = await read(service, { ...ALONE, n: 2 });
    await events.next();
    held.release();
    expect(chunkOf((await events.rest()).at(-1))).toMatchObject({ error: { code: "rate_limit_exceeded" } });
  });
});

describe("a stream that breaks", () => {
  it("before its first word is an error of its own, also where passages were found", async () => {
    const service = await startOpenAI();
    for (const body of [ALONE, GROUNDED]) {
      const model = body === ALONE ? service.adapters.able : service.adapters.model;
      model.failNext(new ServiceError("rate-limited", "Slow down.", { retryAfterMs: 3_000 }));
      await expect(chunksOf(service, body)).rejects.toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    }
  });

  it("later is an error of the API that the client throws, after what came before", async () => {
    const service = await startOpenAI();
    service.adapters.able.failNext(new ServiceError("vendor-unavailable", "The vendor is away."), 1);
    const stream = await service.client.chat.completions.create({ ...ALONE, stream: true });
    const texts: unknown[] = [];
    const reading = (async () => {
      for await (const { choices } of stream) texts.push(choices[0]?.delta.content);
    })();
    await expect(reading).rejects.toMatchObject({
      code: "vendor_unavailable",
      type: "server_error",
      message: expect.stringContaining("The vendor is away."),
    });
    expect(texts).toEqual(["", "Good "]);
  });

  it("in one choice stops the others", async () => {
    const service = await startOpenAI();
    service.adapters.able.failNext(new ServiceError("vendor-unavailable", "The vendor is away."), 1);
    const held = service.adapters.able.hold(2);
    await expect(chunksOf(service, { ...ALONE, n: 2 })).rejects.toMatchObject({ code: "vendor_unavailable" });
    await held.stopped;
  });
});
