import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import { EventReader } from "../support/event-stream.ts";
import { QUESTION, type Service, startService } from "./http-harness.ts";

/** Asks for a stream, and returns once its head is there. */
export async function ask(service: Service, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${service.server.url}/generate`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...QUESTION, stream: true }),
  });
}

describe("POST /generate with stream", () => {
  it("sends the passages first, then the text with its citations, then what it cost", async () => {
    const service = await startService();
    const response = await ask(service, { "x-request-id": "stream-1" });
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
    const response = await ask(service);
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "retrieval-unavailable" });
  });

  it("ends with an error where it breaks later", async () => {
    const service = await startService();
    service.adapters.model.failNext(new ServiceError("vendor-reply-invalid", "The stream broke off."), 1);
    const events = await new EventReader(await ask(service, { "x-request-id": "broken" })).rest();
    expect(events.map(({ event }) => event)).toEqual(["sources", "delta", "error"]);
    expect(JSON.parse(events[2]?.data ?? "")).toMatchObject({ code: "vendor-reply-invalid", request_id: "broken" });
    expect(await service.log.line("request_id", "broken")).toMatchObject({
      level: "error",
      status: 200,
      code: "vendor-reply-invalid",
    });
  });
});
