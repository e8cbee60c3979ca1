import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import { QUESTION, startService } from "./http-harness.ts";

describe("what callers read of the service", () => {
  it("welcomes with the very words that they check for", async () => {
    const { send } = await startService();
    const { status, json } = await send("GET", "/");
    expect([status, json]).toEqual([200, { message: "Welcome to LLM Inference API" }]);
  });

  it("lists the names that a question can use", async () => {
    const { send } = await startService();
    const { status, json } = await send("GET", "/models");
    expect([status, json]).toEqual([200, { llm_models: ["fake"], vector_dbs: ["memory", "readonly"] }]);
  });
});

describe("the health of the service", () => {
  it("is alive as long as it answers, draining or not", async () => {
    const { send, state } = await startService();
    expect((await send("GET", "/health/live")).status).toBe(200);
    state.draining = true;
    expect((await send("GET", "/health/live")).json).toMatchObject({ status: "live" });
  });

  it("is ready with a model and a search, and names what is not available and why", async () => {
    const { send } = await startService();
    const { status, headers, json } = await send("GET", "/health/ready");
    expect(status).toBe(200);
    expect(json).toEqual({
      status: "ready",
      available: [
        { kind: "model", name: "fake" },
        { kind: "search", name: "memory" },
      ],
      unavailable: [{ kind: "model", name: "keyless", reason: "OPENAI_API_KEY is not set" }],
      request_id: headers.get("x-request-id"),
    });
  });

  it("is not ready while it drains, and still answers", async () => {
    const { send, state } = await startService();
    state.draining = true;
    const { status, json } = await send("GET", "/health/ready");
    expect([status, json?.status]).toEqual([503, "draining"]);
    expect((await send("POST", "/generate", QUESTION)).status).toBe(200);
  });

  it.each(["model", "search"] as const)("is not ready without any %s", async (kind) => {
    const { send, state } = await startService();
    state.status = state.status.filter((adapter) => adapter.kind !== kind || !adapter.available);
    const { status, json } = await send("GET", "/health/ready");
    expect([status, json?.status]).toEqual([503, "unavailable"]);
  });
});

describe("the request id", () => {
  it("is the caller's own, in the header and in the body", async () => {
    const { send } = await startService();
    const { headers, json } = await send("POST", "/generate", QUESTION, { "x-request-id": "a1:B2.c_d-3" });
    expect(headers.get("x-request-id")).toBe("a1:B2.c_d-3");
    expect(json).toMatchObject({ request_id: "a1:B2.c_d-3" });
  });

  it.each(["", "a b", "x".repeat(129), 'a"b', "-a", "<script>"])("is a new one instead of %j", async (given) => {
    const { send } = await startService();
    const { headers } = await send("GET", "/models", undefined, { "x-request-id": given });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/u);
  });

  it.each([
    ["GET", "/"],
    ["GET", "/nothing"],
    ["PATCH", "/generate"],
    ["POST", "/generate"],
    ["HEAD", "/models"],
  ])("is in the answer to %s %s", async (method, path) => {
    const { send } = await startService();
    expect((await send(method, path, undefined, { "x-request-id": "id-1" })).headers.get("x-request-id")).toBe("id-1");
  });
});

describe("the log", () => {
  it("has one line for each request, with the route's pattern and never a prompt", async () => {
    const { send, log } = await startService();
    await send("POST", "/generate", { ...QUESTION, prompt: "my secret" }, { "x-request-id": "r1" });
    await send("GET", "/corpora/memory/documents/my-secret", undefined, { "x-request-id": "r2" });
    await send("GET", "/my-secret", undefined, { "x-request-id": "r3" });
    await send("POST", "/generate", { prompt: "my secret", llm_name: "my-secret" }, { "x-request-id": "r4" });
    const ms = expect.any(Number);
    const document = "/corpora/:name/documents/:id{.+}";
    expect(log.lines).toEqual([
      { level: "info", request_id: "r1", method: "POST", route: "/generate", status: 200, ms },
      { level: "info", request_id: "r2", method: "GET", route: document, status: 404, ms, code: "not-found" },
      { level: "info", request_id: "r3", method: "GET", route: "/*", status: 404, ms, code: "not-found" },
      { level: "info", request_id: "r4", method: "POST", route: "/generate", status: 400, ms, code: "invalid-request" },
    ]);
    expect(JSON.stringify(log.lines)).not.toContain("secret");
  });

  it("has the cause of a record's failure, which its caller is not told", async () => {
    const { send, log, adapters } = await startService();
    adapters.memory.get = async () => {
      throw new ServiceError("storage-failed", "The record cannot be read.", { cause: new Error("disk I/O error") });
    };
    const { status, text } = await send("GET", "/corpora/memory/documents/a");
    expect(status).toBe(503);
    expect(text).not.toContain("disk I/O error");
    expect(log.lines).toMatchObject([{ level: "error", code: "storage-failed", cause: "disk I/O error" }]);
  });
});
