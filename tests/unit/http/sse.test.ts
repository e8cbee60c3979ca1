import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import { setAnswerHeader } from "../../../adapters/inbound/http/answer-header.ts";
import { withDeadline } from "../../../adapters/inbound/http/deadline.ts";
import type { HttpEnvironment } from "../../../adapters/inbound/http/http-context.ts";
import { problemResponse } from "../../../adapters/inbound/http/problem.ts";
import { eventFrame, sseResponse } from "../../../adapters/inbound/http/sse.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { serve } from "../../../infrastructure/serve.ts";

const LONG_MS = 60_000;

/** The answer of a server whose only route streams the events. */
async function answerOf(events: (signal: AbortSignal) => AsyncIterable<string>): Promise<Response> {
  const app = new Hono<HttpEnvironment>();
  const handle = withDeadline(LONG_MS, (context, signal) => {
    setAnswerHeader(context, "x-kept", "yes");
    const options = { frame: (text: string) => text, errorFrame: ({ message }: Error) => `!${message}` };
    return sseResponse(context, events(signal), { ...options, signal, silenceMs: LONG_MS });
  });
  app.get("/", handle);
  app.onError(problemResponse);
  const server = await serve(app, { hostname: "127.0.0.1", port: 0, keepAliveMs: LONG_MS });
  onTestFinished(() => server.close(0));
  return fetch(server.url);
}

describe("a stream of events", () => {
  it("has the headers that were set before, and all frames", async () => {
    const response = await answerOf(async function* () {
      yield* ["", "a", "", "b"];
    });
    expect(response.headers.get("x-kept")).toBe("yes");
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await response.text()).toBe("ab");
  });

  it("ends its work when only the stream is told that nobody reads it", async () => {
    const { promise: stopped, resolve } = Promise.withResolvers<unknown>();
    const response = await answerOf(async function* (signal) {
      signal.addEventListener("abort", () => resolve(signal.reason));
      yield "a";
      await stopped;
    });
    await response.body?.cancel();
    expect(await stopped).toMatchObject({ code: "cancelled" });
  });

  it("that breaks before its first frame is no stream", async () => {
    const response = await answerOf(async function* () {
      yield "";
      throw new ServiceError("overloaded", "Too much.");
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "overloaded" });
  });

  it("without a single frame is a bug", async () => {
    const response = await answerOf(async function* () {});
    expect(response.status).toBe(500);
  });
});

it("writes an event in one line of data, whatever its text", () => {
  expect(eventFrame("delta", { text: "a\r\nb\n\n" })).toBe('event: delta\ndata: {"text":"a\\r\\nb\\n\\n"}\n\n');
});
