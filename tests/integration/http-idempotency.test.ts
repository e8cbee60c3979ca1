import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import { EventReader } from "../support/event-stream.ts";
import { RawConnection } from "./http-connection.ts";
import { askForStream, QUESTION, type Service, startService } from "./http-harness.ts";

const KEY = { "idempotency-key": "order-66" };

function ask({ send }: Service, body: object = QUESTION, headers: Readonly<Record<string, string>> = KEY) {
  return send("POST", "/generate", body, headers);
}

describe("the same idempotency key", () => {
  it("with the same body gets the same answer, computed once", async () => {
    const service = await startService();
    const first = await ask(service);
    service.adapters.model.answerWith({ deltas: ["Another answer."] });
    const second = await ask(service);
    expect(second.status).toBe(200);
    expect(second.json).toEqual({ ...first.json, request_id: second.headers.get("x-request-id") });
    expect(service.adapters.model.requests).toHaveLength(1);
    expect(service.adapters.search.requests).toHaveLength(1);
  });

  it("takes the same body for the same in whatever order its fields stand, with or without a default", async () => {
    const service = await startService();
    const { prompt, llm_name, vector_search_type } = QUESTION;
    await ask(service, { prompt, llm_name, vector_search_type });
    expect((await ask(service, { top_k: 5, vector_search_type, llm_name, prompt })).status).toBe(200);
    expect(service.adapters.model.requests).toHaveLength(1);
  });

  it.each([
    ["prompt", { ...QUESTION, prompt: "What else?" }],
    ["filter", { ...QUESTION, filter: { year: 2026 } }],
    ["temperature", { ...QUESTION, temperature: 1 }],
  ])("with another %s is a conflict", async (_, other) => {
    const service = await startService();
    await ask(service);
    const { status, json } = await ask(service, other);
    expect(status).toBe(422);
    expect(json).toMatchObject({ code: "idempotency-conflict" });
    expect((await ask(service, { ...other, stream: true })).status).toBe(422);
    expect((await ask(service)).status).toBe(200);
    expect(service.adapters.model.requests).toHaveLength(1);
  });

  it("with another body is a conflict while the first is under way, too", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const first = ask(service);
    await held.reached;
    expect((await ask(service, { ...QUESTION, prompt: "What else?" })).status).toBe(422);
    held.release();
    expect((await first).status).toBe(200);
  });

  it("shares the answer that is under way", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const first = ask(service);
    await held.reached;
    const second = new EventReader(await askForStream(service, KEY));
    expect((await second.next())?.event).toBe("sources");
    expect((await second.next())?.event).toBe("delta");
    held.release();
    expect((await second.rest()).map(({ event }) => event)).toEqual(["delta", "citation", "usage", "done"]);
    expect((await first).status).toBe(200);
    expect(service.adapters.model.requests).toHaveLength(1);
  });

  it("replays the events of a stream, to a stream and as JSON", async () => {
    const service = await startService();
    const headers = { ...KEY, "x-request-id": "same" };
    const first = await new EventReader(await askForStream(service, headers)).rest();
    expect(await new EventReader(await askForStream(service, headers)).rest()).toEqual(first);
    expect((await ask(service)).json).toMatchObject({ response: "The index is a copy. [1]" });
    expect(service.adapters.model.requests).toHaveLength(1);
  });

  it("runs again after a failure that may pass", async () => {
    const service = await startService();
    const error = new ServiceError("vendor-unavailable", "The vendor is away.", { retryable: true });
    service.adapters.model.failNext(error, 1);
    expect((await ask(service)).status).toBe(503);
    service.adapters.model.failNext(error, 1);
    const broken = await new EventReader(await askForStream(service, KEY)).rest();
    expect(broken.at(-1)?.event).toBe("error");
    expect((await ask(service)).status).toBe(200);
    expect(service.adapters.model.requests).toHaveLength(3);
  });

  it("runs again after a bug", async () => {
    const service = await startService();
    service.adapters.model.failNext(new TypeError("undefined is no function"));
    expect((await ask(service)).status).toBe(500);
    expect((await ask(service)).status).toBe(200);
  });

  it("keeps the refusal of the request itself, also where the stream had begun", async () => {
    const service = await startService();
    service.adapters.model.failNext(new ServiceError("content-refused", "The vendor declines."), 1);
    const first = await ask(service);
    expect(first.status).toBe(422);
    expect((await ask(service)).json).toMatchObject({ code: "content-refused", detail: "The vendor declines." });
    const events = await new EventReader(await askForStream(service, KEY)).rest();
    expect(events.map(({ event }) => event)).toEqual(["sources", "delta", "error"]);
    expect(service.adapters.model.requests).toHaveLength(1);
  });

  it("is still free after a body that was invalid", async () => {
    const service = await startService();
    expect((await ask(service, { ...QUESTION, top_k: 0 })).status).toBe(400);
    expect((await ask(service)).status).toBe(200);
  });

  it("is another key under another user and under other groups", async () => {
    const service = await startService({ trustedPrincipalHeaders: { user: "x-user", groups: "x-groups" } });
    const callers = [{}, { "x-user": "ada" }, { "x-user": "ada", "x-groups": "a,b" }, { "x-user": "bob" }];
    for (const caller of callers) expect((await ask(service, QUESTION, { ...KEY, ...caller })).status).toBe(200);
    expect(service.adapters.search.requests).toHaveLength(4);
    await ask(service, QUESTION, { ...KEY, "x-user": "ada", "x-groups": "b,a" });
    expect(service.adapters.search.requests).toHaveLength(4);
  });
});

describe("a caller who leaves", () => {
  it("does not stop the work while another waits for the same key", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await RawConnection.open(service.server.port);
    connection.post("/generate", QUESTION, { ...KEY, "x-request-id": "gone" });
    await held.reached;
    const events = new EventReader(await askForStream(service, KEY));
    connection.destroy();
    expect(await service.log.line("request_id", "gone")).toMatchObject({ code: "cancelled" });
    held.release();
    expect((await events.rest()).at(-1)?.event).toBe("done");
    expect(service.adapters.model.requests).toHaveLength(1);
  });

  it("stops the work where nobody else waits, and the same key runs again", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await RawConnection.open(service.server.port);
    connection.post("/generate", QUESTION, KEY);
    await held.reached;
    connection.destroy();
    await held.stopped;
    held.release();
    expect((await ask(service)).status).toBe(200);
    expect(service.adapters.model.requests).toHaveLength(2);
  });
});

it("ends for each request with its own deadline", async () => {
  const service = await startService({ deadlineMs: 100 });
  const held = service.adapters.model.hold(1);
  const replies = await Promise.all([ask(service), ask(service)]);
  expect(replies.map(({ status }) => status)).toEqual([504, 504]);
  await held.stopped;
  held.release();
  expect((await ask(service)).status).toBe(200);
});

it.each([
  ["an empty key", ""],
  ["a key with a space", "order 66"],
  ["a key of 256 characters", "x".repeat(256)],
  ["a key beyond ASCII", "schl\u00fcssel"],
])("refuses %s", async (_, key) => {
  const service = await startService();
  const { status, json } = await ask(service, QUESTION, { "idempotency-key": key });
  expect(status).toBe(400);
  expect(json).toMatchObject({
    code: "invalid-request",
    errors: [{ field: "idempotency-key", message: "must have 1 to 255 characters of visible ASCII" }],
  });
  expect(service.adapters.search.requests).toEqual([]);
});

it("takes a key of 255 visible characters", async () => {
  const service = await startService();
  const key = `"${"~".repeat(253)}"`;
  expect((await ask(service, QUESTION, { "idempotency-key": key })).status).toBe(200);
});
