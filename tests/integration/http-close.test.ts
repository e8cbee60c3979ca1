import { expect, it } from "vitest";
import { RawConnection } from "./http-connection.ts";
import { QUESTION, startService } from "./http-harness.ts";

const LONG_MS = 60_000;

it("lets a request under way finish, and closes its connection after it", async () => {
  const { server, adapters } = await startService();
  const held = adapters.model.hold(1);
  const connection = await RawConnection.open(server.port);
  connection.post("/generate", QUESTION);
  await held.reached;
  const closed = server.close(LONG_MS);
  held.release();
  const { status, body } = await connection.reply();
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ response: "The index is a copy. [1]" });
  await closed;
  await connection.closed;
});

it("takes requests while it withdraws, and has each close its connection", async () => {
  const { server } = await startService();
  const idle = await RawConnection.open(server.port);
  server.withdraw();
  for (const connection of [idle, await RawConnection.open(server.port)]) {
    connection.write("GET /models HTTP/1.1\r\nhost: x\r\n\r\n");
    expect((await connection.reply()).status).toBe(200);
    await connection.closed;
  }
  await server.close(LONG_MS);
});

it("keeps idle connections open for as long as it is told to", async () => {
  const { serve } = await import("../../infrastructure/serve.ts");
  const listen = { hostname: "127.0.0.1", port: 0 };
  const short = await serve({ fetch: () => new Response("") }, { ...listen, keepAliveMs: 50 });
  const long = await serve({ fetch: () => new Response("") }, { ...listen, keepAliveMs: 330_000 });
  const [closing, staying] = [await RawConnection.open(short.port), await RawConnection.open(long.port)];
  for (const connection of [closing, staying]) connection.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  expect((await staying.reply()).status).toBe(200);
  await closing.closed;
  staying.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  expect((await staying.reply()).status).toBe(200);
  await Promise.all([short.close(0), long.close(0)]);
});

it("accepts no new connection while a request finishes", async () => {
  const { server, adapters } = await startService();
  const held = adapters.model.hold(1);
  const connection = await RawConnection.open(server.port);
  connection.post("/generate", QUESTION);
  await held.reached;
  const closed = server.close(LONG_MS);
  await expect(fetch(`${server.url}/models`)).rejects.toThrow();
  held.release();
  expect((await connection.reply()).status).toBe(200);
  await closed;
});

it("closes connections that have nothing under way at once, whether they ever asked or not", async () => {
  const { server } = await startService();
  const silent = await RawConnection.open(server.port);
  const idle = await RawConnection.open(server.port);
  idle.write("GET /models HTTP/1.1\r\nhost: x\r\n\r\n");
  expect((await idle.reply()).status).toBe(200);
  await server.close(LONG_MS);
  await Promise.all([silent.closed, idle.closed]);
});

it("aborts what is not done within the grace time, and tells its callers", async () => {
  const { server, adapters, log } = await startService();
  const held = adapters.model.hold(1);
  const connection = await RawConnection.open(server.port);
  connection.post("/generate", QUESTION);
  await held.reached;
  const closed = server.close(10);
  await held.stopped;
  const { status, headers, body } = await connection.reply();
  expect(status).toBe(503);
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(JSON.parse(body)).toMatchObject({ code: "shutting-down" });
  await closed;
  await connection.closed;
  expect(log.lines).toEqual([expect.objectContaining({ status: 503, code: "shutting-down" })]);
});

it("closes once, however often it is told to", async () => {
  const { server } = await startService();
  expect(server.close(LONG_MS)).toBe(server.close(0));
  await server.close(0);
});

it("fails to start on a port that is taken", async () => {
  const { server } = await startService();
  const { serve } = await import("../../infrastructure/serve.ts");
  const address = { hostname: "127.0.0.1", port: server.port, keepAliveMs: LONG_MS };
  await expect(serve({ fetch: () => new Response() }, address)).rejects.toThrow();
});
