import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import { EventReader } from "../support/event-stream.ts";
import { askForStream, QUESTION, startService } from "./http-harness.ts";

describe("POST /generate with stream", () => {
  it("sends the passages first, then the text with its citations, then what it cost", async () => {
    const service = await startService();
    const response = await askForStream(service, { "x-request-id": "stream-1" });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "x-request-id": "stream-1",
    });
    const events = await new EventReader(response).rest();
    expect(events.map(({ event }) => event)).toEqual([...["sources", "delta", "delta", "citation", "usage", "done"]]);
    const data = events.map((event) => JSON.parse(event.data));
    expect(data[0]).toMatchObject({ passages: [{ id: "p1" }, { id: "p2" }] });
    expect(data[1]).toEqual({ text: "The index is " });
    expect(data[3]).toMatchObject({ passage_id: "p1", marker: 1, verified: true });
    expect(data[4]).toEqual({ input_tokens: 90, output_tokens: 7, cached_input_tokens: 40 });
    expect(data[5]).toMatchObject({ model: "fake", finish_reason: "stop", request_id: "stream-1" });
  });

  it("answers a failure before the first event with its status", async () => {
    const service = await startService();
    service.adapters.search.failNext(new ServiceError("retrieval-unavailable", "The search is away."));
    const response = await askForStream(service);
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "retrieval-unavailable" });
  });

  it("ends with an error where it breaks later", async () => {
    const service = await startService();
    service.adapters.model.failNext(new ServiceError("vendor-reply-invalid", "The stream broke off."), 1);
    const events = await new EventReader(await askForStream(service, { "x-request-id": "broken" })).rest();
    expect(events.map(({ event }) => event)).toEqual(["sources", "delta", "error"]);
    expect(JSON.parse(events[2]?.data ?? "")).toMatchObject({ code: "vendor-reply-invalid", request_id: "broken" });
    expect(await service.log.line("request_id", "broken")).toMatchObject({
      level: "error",
      status: 200,
      code: "vendor-reply-invalid",
    });
  });

  it("is asked for by the Accept header, too, where the body does not say", async () => {
    const { send, server } = await startService();
    const post = async (body: object, accept: string) => {
      const headers = { "content-type": "application/json", accept };
      const response = await fetch(`${server.url}/generate`, { method: "POST", headers, body: JSON.stringify(body) });
      await response.text();
      return response.headers.get("content-type");
    };
    const stream = "text/event-stream; charset=utf-8";
    expect(await post(QUESTION, "text/event-stream")).toBe(stream);
    expect(await post(QUESTION, "text/event-stream, application/json;q=0.9")).toBe(stream);
    expect(await post(QUESTION, "application/json, text/event-stream;q=0.9")).toBe("application/json");
    expect(await post(QUESTION, "text/event-stream;q=0")).toBe("application/json");
    expect(await post(QUESTION, "*/*")).toBe("application/json");
    expect(await post({ ...QUESTION, stream: false }, "text/event-stream")).toBe("application/json");
    expect(await post({ ...QUESTION, stream: true }, "application/json")).toBe(stream);
    expect((await send("POST", "/generate", QUESTION)).headers.get("content-type")).toBe("application/json");
  });

  it("shows each event when it happens, not when the answer is done", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const events = new EventReader(await askForStream(service));
    expect(await events.next()).toMatchObject({ event: "sources" });
    expect(await events.next()).toEqual({ event: "delta", data: '{"text":"The index is "}' });
    held.release();
    expect((await events.rest()).map(({ event }) => event)).toEqual(["delta", "citation", "usage", "done"]);
  });

  it("refuses a bad body like any other request", async () => {
    const { send } = await startService();
    const { status, json } = await send("POST", "/generate", { ...QUESTION, stream: true, top_k: 0 });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "invalid-request" });
  });

  it("tells nothing of a bug in the middle of the answer but the request id", async () => {
    const service = await startService();
    service.adapters.model.failNext(new TypeError("key sk-12345 is undefined"), 1);
    const events = await new EventReader(await askForStream(service, { "x-request-id": "bug" })).rest();
    expect(events.at(-1)?.event).toBe("error");
    expect(JSON.parse(events.at(-1)?.data ?? "")).toEqual({
      type: "urn:pharos:error:internal",
      title: "Internal error",
      status: 500,
      detail: "The service failed. Its log has more under this request id.",
      code: "internal",
      request_id: "bug",
    });
    expect(await service.log.line("request_id", "bug")).toMatchObject({ level: "error", code: "internal" });
  });
});
