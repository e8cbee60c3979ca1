import OpenAI from "openai";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import { EventReader, type WireEvent } from "../support/event-stream.ts";
import { RawConnection } from "./http-connection.ts";
import { ALONE_RESPONSE, GROUNDED_RESPONSE, type OpenAIService, startOpenAI } from "./openai-harness.ts";

type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming;

const TOOLS = ["weather", "time"].map((name) => ({
  type: "function" as const,
  name,
  parameters: { type: "object" },
  strict: false,
}));

/** The events, as the client reads them. */
async function eventsOf({ client }: OpenAIService, body: Body): Promise<ResponseStreamEvent[]> {
  return Array.fromAsync(await client.responses.create({ ...body, stream: true }));
}

/** Reads from the wire, where comments and what follows an error can be seen. */
async function read(service: OpenAIService, body: Body): Promise<EventReader> {
  const response = await fetch(`${service.baseURL}/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, stream: true }),
  });
  expect(response.status).toBe(200);
  return new EventReader(response);
}

const dataOf = (event: WireEvent | undefined) => JSON.parse(event?.data ?? "");

describe("POST /v1/responses with stream", () => {
  it("writes a text in the order that the API documents, numbered from 0", async () => {
    const service = await startOpenAI();
    const events = await eventsOf(service, ALONE_RESPONSE);
    expect(events.map(({ type, sequence_number: number }) => [number, type])).toEqual([
      [0, "response.created"],
      [1, "response.in_progress"],
      [2, "response.output_item.added"],
      [3, "response.content_part.added"],
      [4, "response.output_text.delta"],
      [5, "response.output_text.delta"],
      [6, "response.output_text.done"],
      [7, "response.content_part.done"],
      [8, "response.output_item.done"],
      [9, "response.completed"],
    ]);
    expect(events[0]).toMatchObject({ response: { status: "in_progress", output: [], model: "able" } });
    const id = expect.stringMatching(/^msg_[0-9a-f]{32}$/u);
    const place = { item_id: id, output_index: 0, content_index: 0 };
    const empty = { type: "output_text", text: "", annotations: [], logprobs: [] };
    const message = { id, type: "message", role: "assistant" };
    expect(events.slice(2, 9)).toMatchObject([
      { output_index: 0, item: { ...message, status: "in_progress", content: [] } },
      { ...place, part: empty },
      { ...place, delta: "Good ", logprobs: [] },
      { ...place, delta: "day." },
      { ...place, text: "Good day.", logprobs: [] },
      { ...place, part: { ...empty, text: "Good day." } },
      { output_index: 0, item: { ...message, status: "completed", content: [{ ...empty, text: "Good day." }] } },
    ]);
    const ids = events.flatMap((event) => ("item_id" in event ? [event.item_id] : []));
    expect(new Set(ids).size).toBe(1);
  });

  it("names each event on the wire, and ends without the line that chat completions end with", async () => {
    const service = await startOpenAI();
    const events = await (await read(service, ALONE_RESPONSE)).rest();
    for (const wire of events) expect(wire.event).toBe(dataOf(wire).type);
    expect(events.at(-1)?.event).toBe("response.completed");
  });

  it("writes the text before the tools, and each tool's call whole before the next", async () => {
    const service = await startOpenAI();
    const toolCalls = [
      { id: "call_1", name: "weather", arguments: '{"city":"Brest"}' },
      { id: "call_2", name: "time", arguments: '{"zone":"Europe/\\"Paris\\""}' },
    ];
    service.adapters.able.answerWith({ deltas: ["I look."], toolCalls, finishReason: "tool-calls" });
    const events = await eventsOf(service, { ...ALONE_RESPONSE, tools: TOOLS });
    expect(events.slice(2, -1).map((event) => ["output_index" in event && event.output_index, event.type])).toEqual([
      [0, "response.output_item.added"],
      [0, "response.content_part.added"],
      [0, "response.output_text.delta"],
      [0, "response.output_text.done"],
      [0, "response.content_part.done"],
      [0, "response.output_item.done"],
      [1, "response.output_item.added"],
      [1, "response.function_call_arguments.delta"],
      [1, "response.function_call_arguments.done"],
      [1, "response.output_item.done"],
      [2, "response.output_item.added"],
      [2, "response.function_call_arguments.delta"],
      [2, "response.function_call_arguments.done"],
      [2, "response.output_item.done"],
    ]);
    expect(events.filter(({ type }) => type === "response.output_item.added").slice(1)).toMatchObject([
      { item: { type: "function_call", status: "in_progress", call_id: "call_1", name: "weather", arguments: "" } },
      { item: { call_id: "call_2", name: "time", arguments: "" } },
    ]);
    expect(events.filter(({ type }) => type === "response.function_call_arguments.done")).toMatchObject(
      toolCalls.map(({ arguments: json }) => ({ arguments: json })),
    );
  });

  it("joined by the client's helper, is the answer that comes at once", async () => {
    const service = await startOpenAI();
    const toolCalls = [{ id: "call_1", name: "weather", arguments: "{}" }];
    service.adapters.able.answerWith({ deltas: ["I look. \u2028", '"it"\n'], toolCalls, finishReason: "tool-calls" });
    const body = { ...ALONE_RESPONSE, tools: TOOLS };
    const stream = service.client.responses.stream(body);
    const snapshots: string[] = [];
    stream.on("response.output_text.delta", ({ snapshot }) => snapshots.push(snapshot));
    const streamed = await stream.finalResponse();
    const whole = await service.client.responses.create(body);
    expect(streamed.output_text).toBe(whole.output_text);
    expect(snapshots).toEqual(["I look. \u2028", 'I look. \u2028"it"\n']);
    expect(streamed.output[1]).toMatchObject({ type: "function_call", call_id: "call_1", arguments: "{}" });
  });

  it("tells the passages before the first word, and each citation right after what it supports", async () => {
    const service = await startOpenAI();
    service.adapters.model.answerWith({ deltas: ["The index is a copy [1].", " A tea is served [2].", " Cheers."] });
    const events = await eventsOf(service, GROUNDED_RESPONSE);
    expect(events[1]).toMatchObject({
      type: "response.in_progress",
      response: { sources: [{ id: "p1", document_id: "retrieval" }, { id: "p2" }] },
    });
    expect(events.slice(4, 9)).toMatchObject([
      { delta: "The index is a copy [1]." },
      {
        type: "response.output_text.annotation.added",
        annotation_index: 0,
        annotation: { type: "file_citation", file_id: "retrieval", verified: true },
      },
      { delta: " A tea is served [2]." },
      { annotation_index: 1, annotation: { file_id: "tea", start_index: 25 } },
      { delta: " Cheers." },
    ]);
    expect(events.at(-1)).toMatchObject({
      type: "response.completed",
      response: { sources: [{ id: "p1" }, { id: "p2" }], output: [{ content: [{ annotations: [{}, {}] }] }] },
    });
  });

  it("tells how likely the tokens were, with the text that they make and at its end", async () => {
    const service = await startOpenAI();
    const likely = (token: string) => ({ token, logprob: -0.1, bytes: [71], alternatives: [] });
    service.adapters.able.answerWith({ deltas: ["Good ", "day."], logprobs: [[likely("Good ")], [likely("day.")]] });
    const body = { ...ALONE_RESPONSE, include: ["message.output_text.logprobs"] } satisfies Body;
    const events = await eventsOf(service, body);
    const told = (token: string) => ({ token, logprob: -0.1, bytes: [71], top_logprobs: [] });
    expect(events.slice(4, 7)).toMatchObject([
      { logprobs: [told("Good ")] },
      { logprobs: [told("day.")] },
      { type: "response.output_text.done", logprobs: [told("Good "), told("day.")] },
    ]);
    const { output } = await service.client.responses.stream(body).finalResponse();
    expect(output[0]).toMatchObject({ content: [{ logprobs: [told("Good "), told("day.")] }] });
  });

  it("ends as incomplete where the answer was cut", async () => {
    const service = await startOpenAI();
    service.adapters.able.answerWith({ deltas: ["Good"], finishReason: "length" });
    const events = await eventsOf(service, ALONE_RESPONSE);
    expect(events.slice(-2)).toMatchObject([
      { type: "response.output_item.done", item: { status: "incomplete" } },
      {
        type: "response.incomplete",
        response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      },
    ]);
  });

  it("is written while the model writes", async () => {
    const service = await startOpenAI();
    const held = service.adapters.able.hold(1);
    const stream = await service.client.responses.create({ ...ALONE_RESPONSE, stream: true });
    const deltas: string[] = [];
    for await (const event of stream) {
      if (event.type !== "response.output_text.delta") continue;
      deltas.push(event.delta);
      held.release();
    }
    expect(deltas).toEqual(["Good ", "day."]);
  });

  it("stops the model when the caller goes away", async () => {
    const service = await startOpenAI();
    const held = service.adapters.able.hold(1);
    const connection = await RawConnection.open(service.server.port);
    connection.post("/v1/responses", { ...ALONE_RESPONSE, stream: true });
    await held.reached;
    connection.destroy();
    await held.stopped;
    expect(await service.log.line("code", "cancelled")).toMatchObject({ route: "/v1/responses" });
  });
});

describe("a stream of a response whose model is slow", () => {
  it("begins all the same, with the passages, and shows that it lives", async () => {
    const service = await startOpenAI({ silenceMs: 20 });
    const held = service.adapters.model.hold(0);
    const events = await read(service, GROUNDED_RESPONSE);
    expect(dataOf(await events.next())).toMatchObject({ type: "response.created", sequence_number: 0 });
    expect(dataOf(await events.next())).toMatchObject({ response: { sources: [{ id: "p1" }, { id: "p2" }] } });
    expect(await events.next()).toMatchObject({ comment: "" });
    held.release();
    const rest = (await events.rest()).filter(({ comment }) => comment === undefined);
    expect(rest[0]?.event).toBe("response.output_item.added");
    expect(rest.at(-1)?.event).toBe("response.completed");
  });

  it("tells again that it is in progress, with the passages, where the search is the slow one", async () => {
    const service = await startOpenAI({ silenceMs: 20 });
    const held = service.adapters.search.hold();
    const events = await read(service, GROUNDED_RESPONSE);
    await events.next();
    expect(dataOf(await events.next()).response).not.toHaveProperty("sources");
    held.release();
    const rest = (await events.rest()).filter(({ comment }) => comment === undefined);
    expect(dataOf(rest[0])).toMatchObject({
      type: "response.in_progress",
      sequence_number: 2,
      response: { sources: [{ id: "p1" }, { id: "p2" }] },
    });
  });

  it("is joined by the client's helper all the same", async () => {
    const service = await startOpenAI({ silenceMs: 20 });
    const held = service.adapters.search.hold();
    const stream = service.client.responses.stream(GROUNDED_RESPONSE);
    stream.on("response.in_progress", () => held.release());
    const response = await stream.finalResponse();
    expect(response).toMatchObject({ output_text: "The index is a copy. [1]", sources: [{ id: "p1" }, { id: "p2" }] });
  });
});

describe("a stream of a response that breaks", () => {
  it("before its first word is an error of its own, also where passages were found", async () => {
    const service = await startOpenAI();
    for (const body of [ALONE_RESPONSE, GROUNDED_RESPONSE]) {
      const model = body === ALONE_RESPONSE ? service.adapters.able : service.adapters.model;
      model.failNext(new ServiceError("rate-limited", "Slow down.", { retryAfterMs: 3_000 }));
      const failing = eventsOf(service, body);
      await expect(failing).rejects.toBeInstanceOf(OpenAI.RateLimitError);
      await expect(failing).rejects.toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    }
  });

  it("later is an error of the API that the client throws, after what came before", async () => {
    const service = await startOpenAI();
    service.adapters.able.failNext(new ServiceError("vendor-unavailable", "The vendor is away."), 1);
    const stream = await service.client.responses.create({ ...ALONE_RESPONSE, stream: true });
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of stream) types.push(type);
    })();
    await expect(reading).rejects.toMatchObject({
      code: "vendor_unavailable",
      type: "server_error",
      message: expect.stringContaining("The vendor is away."),
    });
    expect(types.at(-1)).toBe("response.output_text.delta");
  });

  it("is thrown by the client's helper, too, and taken for no answer", async () => {
    const service = await startOpenAI();
    service.adapters.able.failNext(new ServiceError("context-overflow", "Too long."), 1);
    await expect(service.client.responses.stream(ALONE_RESPONSE).finalResponse()).rejects.toMatchObject({
      code: "context_length_exceeded",
      param: "input",
    });
  });

  it("ends on the wire with the response as it failed, and what was written of it", async () => {
    const service = await startOpenAI();
    service.adapters.able.failNext(new ServiceError("vendor-unavailable", "The vendor is away."), 1);
    const events = await (await read(service, ALONE_RESPONSE)).rest();
    expect(events.slice(-2).map(dataOf)).toMatchObject([
      {
        type: "error",
        sequence_number: 5,
        code: "vendor_unavailable",
        message: "The vendor is away.",
        param: null,
        error: { type: "server_error", code: "vendor_unavailable", message: "The vendor is away.", param: null },
      },
      {
        type: "response.failed",
        sequence_number: 6,
        response: {
          status: "failed",
          error: { code: "vendor_unavailable", message: "The vendor is away." },
          output: [{ type: "message", status: "incomplete", content: [{ text: "Good " }] }],
        },
      },
    ]);
  });

  it("ends so also where its time is over", async () => {
    const service = await startOpenAI({ deadlineMs: 300 });
    service.adapters.able.hold(1);
    const events = await (await read(service, ALONE_RESPONSE)).rest();
    expect(dataOf(events.at(-1))).toMatchObject({ type: "response.failed", response: { error: { code: "timeout" } } });
  });
});
