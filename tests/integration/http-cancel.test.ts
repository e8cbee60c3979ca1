import { describe, expect, it } from "vitest";
import { RawConnection } from "./http-connection.ts";
import { type Fields, QUESTION, type Service, startService } from "./http-harness.ts";

/** Sends the question over a connection of its own and waits until the work stands where the test holds it. */
async function ask({ server }: Service, reached: Promise<void>): Promise<RawConnection> {
  const connection = await RawConnection.open(server.port);
  connection.post("/generate", QUESTION);
  await reached;
  return connection;
}

const CANCELLED: Fields = { status: 499, code: "cancelled", route: "/generate", level: "info" };

describe("a caller who goes away", () => {
  it("stops the retrieval before it ends, and no model is asked", async () => {
    const service = await startService();
    const held = service.adapters.search.hold();
    const connection = await ask(service, held.reached);
    connection.destroy();
    await held.stopped;
    expect(await service.log.line("status", 499)).toMatchObject(CANCELLED);
    expect(service.adapters.model.requests).toEqual([]);
  });

  it("stops the completion before its first token", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(0);
    const connection = await ask(service, held.reached);
    connection.destroy();
    await held.stopped;
    expect(await service.log.line("status", 499)).toMatchObject(CANCELLED);
  });

  it("stops the completion in the middle of the answer", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    connection.destroy();
    await held.stopped;
    expect(await service.log.line("status", 499)).toMatchObject(CANCELLED);
  });

  it("is written nothing, even where it could still read", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    connection.end();
    await held.stopped;
    await connection.closed;
    expect(connection.unread).toBe("");
  });

  it("stops a search, too", async () => {
    const service = await startService();
    const held = service.adapters.search.hold();
    const connection = await RawConnection.open(service.server.port);
    connection.post("/search", { query: "index", vector_search_type: "memory" });
    await held.reached;
    connection.destroy();
    await held.stopped;
    expect(await service.log.line("status", 499)).toMatchObject({ code: "cancelled", route: "/search" });
  });

  it("in the middle of its own body asks nothing of anybody", async () => {
    const service = await startService();
    const connection = await RawConnection.open(service.server.port);
    connection.write(
      'POST /generate HTTP/1.1\r\nhost: pharos\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"prompt":',
    );
    await connection.reply();
    connection.destroy();
    expect(await service.log.line("status", 499)).toMatchObject(CANCELLED);
    expect(service.adapters.search.requests).toEqual([]);
  });

  it("leaves other callers' requests alone", async () => {
    const service = await startService();
    const held = service.adapters.model.hold(1);
    const connection = await ask(service, held.reached);
    const other = service.send("POST", "/generate", QUESTION);
    connection.destroy();
    await held.stopped;
    held.release();
    expect((await other).status).toBe(200);
  });

  it("after the whole answer is not taken for one who left before", async () => {
    const { server, send, log } = await startService();
    const connection = await RawConnection.open(server.port);
    connection.post("/generate", QUESTION);
    expect((await connection.reply()).status).toBe(200);
    connection.destroy();
    await send("GET", "/models");
    expect(log.lines.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("the deadline", () => {
  it("stops the work and answers 504", async () => {
    const service = await startService({ deadlineMs: 50 });
    const held = service.adapters.search.hold();
    const { status, headers, json } = await service.send("POST", "/generate", QUESTION);
    await held.stopped;
    expect(status).toBe(504);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(json).toMatchObject({ code: "timeout", detail: "The request took longer than its 50 ms." });
  });

  it("holds even where the work ignores its signal", async () => {
    const service = await startService({ deadlineMs: 50 });
    service.adapters.search.retrieve = () => new Promise(() => {});
    const { status } = await service.send("POST", "/generate", QUESTION);
    expect(status).toBe(504);
  });

  it("counts the time in which the body arrives", async () => {
    const service = await startService({ deadlineMs: 50 });
    const connection = await RawConnection.open(service.server.port);
    connection.write(
      "POST /generate HTTP/1.1\r\nhost: pharos\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
    );
    const { status, body } = await connection.reply();
    expect(status).toBe(504);
    expect(JSON.parse(body)).toMatchObject({ code: "timeout" });
  });
});
