import { describe, expect, it } from "vitest";
import { EventReader, parseEvents } from "../support/event-stream.ts";
import { RawConnection } from "./http-connection.ts";
import { askForStream, type Fields, QUESTION, type Service, startService } from "./http-harness.ts";

const STREAM = { ...QUESTION, stream: true };
const LONG_MS = 60_000;

/** Asks for a stream over a connection of its own and waits until the work stands where the test holds it. */
async function ask({ server }: Service, reached: Promise<void>): Promise<RawConnection> {
  const connection = await RawConnection.open(server.port);
  connection.post("/generate", STREAM, { "x-request-id": "stream" });
  await reached;
  return connection;
}

/** What the log tells of the stream that `ask` asked for. */
const lineOf = ({ log }: Service): Promise<Fields> => log.line("request_id", "stream");

describe("a caller who leaves a stream", () => {
  it("stops the retrieval before the stream begins", async () => {
    const service = await startService();
    const held = service.adapters.search.hold();
    const connection = await ask(service, held.reached);
    connection.destroy();
    await held.stopped;
    expect(await lineOf(service)).toMatchObject({ status: 499, code: "cancelled", level: "info" });
    expect(service.adapters.model.requests).toEqual([]);
  });

  it("stops the completion before its first token", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(0);
    const connection = await ask(service, held.reached);
    await connection.until("event: sources");
    connection.destroy();
    await held.stopped;
    expect(await lineOf(service)).toMatchObject({ status: 200, code: "cancelled", level: "info" });
  });

  it("stops the completion in the middle of the answer", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    await connection.until("event: delta");
    connection.destroy();
    await held.stopped;
    expect(await lineOf(service)).toMatchObject({ status: 200, code: "cancelled", level: "info" });
  });

  it("stops the completion even where it has read nothing of the stream", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    connection.destroy();
    await held.stopped;
    expect(await lineOf(service)).toMatchObject({ status: 200, code: "cancelled", level: "info" });
  });

  it("is written nothing more, even where it could still read", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    await connection.until("event: delta");
    connection.end();
    await held.stopped;
    await connection.closed;
    expect(connection.unread).not.toMatch(/event: (?:error|done)/u);
  });

  it("leaves other callers' streams alone", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    const other = new EventReader(await askForStream(service));
    await connection.until("event: delta");
    connection.destroy();
    await held.stopped;
    held.release();
    expect((await other.rest()).at(-1)?.event).toBe("done");
  });
});

describe("the deadline of a stream", () => {
  it("holds to its end, which is then an error", async () => {
    const service = await startService({ deadlineMs: 100 });
    const held = service.adapters.model.hold(1);
    const response = await askForStream(service, { "x-request-id": "stream" });
    const events = await new EventReader(response).rest();
    await held.stopped;
    expect(events.map(({ event }) => event)).toEqual(["sources", "delta", "error"]);
    expect(JSON.parse(events[2]?.data ?? "")).toMatchObject({ code: "timeout", status: 504, request_id: "stream" });
    expect(await lineOf(service)).toMatchObject({ status: 200, code: "timeout", level: "error" });
  });

  it("holds even where the work ignores its signal", async () => {
    const service = await startService({ deadlineMs: 100 });
    service.adapters.model.stream = async function* () {
      yield { type: "delta", text: "The index" };
      await new Promise(() => {});
    };
    const events = await new EventReader(await askForStream(service)).rest();
    expect(events.map(({ event }) => event)).toEqual(["sources", "delta", "error"]);
  });

  it("answers 504 where it passes before the stream begins", async () => {
    const service = await startService({ deadlineMs: 50 });
    service.adapters.search.hold();
    expect((await askForStream(service)).status).toBe(504);
  });
});

describe("a stream while the service shuts down", () => {
  it("goes on to its end within the grace time", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    const closed = service.server.close(LONG_MS);
    held.release();
    await connection.until("event: done");
    await closed;
    await connection.closed;
  });

  it("ends with an error after the grace time", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    await connection.until("event: delta");
    const closed = service.server.close(10);
    await held.stopped;
    await closed;
    await connection.closed;
    const error = connection.unread.slice(connection.unread.indexOf("event: error"));
    expect(JSON.parse(parseEvents(error)[0]?.data ?? "")).toMatchObject({ code: "shutting-down" });
    expect(await lineOf(service)).toMatchObject({ status: 200, code: "shutting-down", level: "error" });
  });
});

describe("the log's line of a stream", () => {
  it("is written when the stream ends, not when it begins", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const events = new EventReader(await askForStream(service, { "x-request-id": "stream" }));
    await events.next();
    await service.send("GET", "/models");
    expect(service.log.lines).toEqual([expect.objectContaining({ route: "/models" })]);
    held.release();
    await events.rest();
    const line = await lineOf(service);
    expect(line).toMatchObject({ method: "POST", route: "/generate", status: 200, level: "info" });
    expect(line).not.toHaveProperty("code");
  });
});
