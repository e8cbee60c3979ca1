import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import { QUESTION, startService } from "./http-harness.ts";

describe("POST /generate", () => {
  it("answers with the response, its citations, its passages and what it cost", async () => {
    const { send } = await startService();
    const { status, headers, json } = await send("POST", "/generate", QUESTION);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(json).toEqual({
      response: "The index is a copy. [1]",
      citations: [
        {
          passage_id: "p1",
          document_id: "retrieval",
          title: "Retrieval",
          uri: "docs/retrieval.md",
          marker: 1,
          quote: "The index is only a copy of the record.",
          quote_span: { start: 0, end: 39 },
          answer_span: { start: 0, end: 20 },
          location: { start: 10, end: 49, section: ["How it survives"] },
          language: "en",
          verified: true,
        },
      ],
      passages: [
        {
          id: "p1",
          document_id: "retrieval",
          text: "The index is only a copy of the record.",
          title: "Retrieval",
          uri: "docs/retrieval.md",
          score: 0.75,
          location: { start: 10, end: 49, section: ["How it survives"] },
          language: "en",
          metadata: { year: 2026 },
        },
        { id: "p2", document_id: "tea", text: "A tea is served at five.", score: 0.25 },
      ],
      model: "fake",
      usage: { input_tokens: 90, output_tokens: 7, cached_input_tokens: 40 },
      finish_reason: "stop",
      groundedness: { score: 1, sentences: [{ span: { start: 0, end: 20 }, supported: true, marker: 1 }] },
      timing_ms: {
        embed: 0,
        retrieve: expect.any(Number),
        complete: expect.any(Number),
        total: expect.any(Number),
      },
      warnings: ["The model has no temperature."],
      request_id: headers.get("x-request-id"),
    });
  });

  it("hands every optional field to the search and the model", async () => {
    const { send, adapters } = await startService();
    const { status } = await send("POST", "/generate", {
      ...QUESTION,
      top_k: 7,
      filter: { year: { range: { gte: 2020 } }, draft: { exists: false } },
      max_tokens: 99,
      temperature: 0.5,
      system: "Be brief.",
      history: [
        { role: "user", content: "Hello." },
        { role: "assistant", content: "Good day." },
      ],
    });
    expect(status).toBe(200);
    expect(adapters.search.requests).toEqual([
      {
        query: "What is the index?",
        topK: 7,
        filter: {
          op: "and",
          filters: [
            { op: "range", field: "year", gte: 2020 },
            { op: "exists", field: "draft", value: false },
          ],
        },
      },
    ]);
    const [request] = adapters.model.requests;
    expect(request).toMatchObject({ maxTokens: 99, temperature: 0.5 });
    expect(request?.prompt.system).toMatch(/^Be brief\./u);
    expect(request?.prompt.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  it("takes the config's defaults for what the request leaves out", async () => {
    const { send, adapters } = await startService();
    await send("POST", "/generate", QUESTION);
    expect(adapters.search.requests).toEqual([{ query: "What is the index?", topK: 5 }]);
    expect(adapters.model.requests[0]?.maxTokens).toBe(256);
    expect(adapters.model.requests[0]).not.toHaveProperty("temperature");
  });

  it("refuses an unknown model by name, and lists the known ones", async () => {
    const { send } = await startService();
    const { status, headers, json } = await send("POST", "/generate", { ...QUESTION, llm_name: "gpt-0" });
    expect(status).toBe(400);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(json).toEqual({
      type: "urn:pharos:error:unsupported-model",
      title: "Unsupported model",
      status: 400,
      detail: "Unsupported model: gpt-0",
      code: "unsupported-model",
      request_id: headers.get("x-request-id"),
      supported: ["fake"],
    });
  });

  it("refuses an unknown search by name, and lists the known ones", async () => {
    const { send } = await startService();
    const { status, json } = await send("POST", "/generate", { ...QUESTION, vector_search_type: "pinecone" });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      detail: "Unsupported vector DB: pinecone",
      code: "unsupported-vector-db",
      supported: ["memory", "readonly"],
    });
  });

  it("says which variable is missing for a model that is not configured", async () => {
    const { send } = await startService();
    const { status, json } = await send("POST", "/generate", { ...QUESTION, llm_name: "keyless" });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "not-configured", detail: expect.stringContaining("OPENAI_API_KEY") });
  });

  it("tells how long to wait where a vendor says so, in whole seconds rounded up", async () => {
    const { send, adapters } = await startService();
    adapters.model.failNext(new ServiceError("rate-limited", "The vendor throttles.", { retryAfterMs: 1_200 }));
    const { status, headers, json } = await send("POST", "/generate", QUESTION);
    expect(status).toBe(429);
    expect(headers.get("retry-after")).toBe("2");
    expect(json).toMatchObject({ code: "rate-limited", detail: "The vendor throttles." });
  });

  it("tells nothing of a bug but the request id, and logs the rest", async () => {
    const { send, adapters, log } = await startService();
    adapters.model.failNext(new TypeError("key sk-12345 is undefined"));
    const { status, text, json } = await send("POST", "/generate", QUESTION, { "x-request-id": "bug-1" });
    expect(status).toBe(500);
    expect(json).toMatchObject({ code: "internal", request_id: "bug-1" });
    expect(text).not.toMatch(/sk-12345|TypeError|\.ts/u);
    expect(await log.line("request_id", "bug-1")).toMatchObject({
      level: "error",
      status: 500,
      code: "internal",
      error: expect.stringContaining("TypeError: key sk-12345 is undefined"),
    });
  });

  it("never puts a failure after the first words into a short answer", async () => {
    const { send, adapters } = await startService();
    adapters.model.failNext(new ServiceError("vendor-reply-invalid", "The stream broke off."), 1);
    const { status, json } = await send("POST", "/generate", QUESTION);
    expect(status).toBe(502);
    expect(json).toMatchObject({ code: "vendor-reply-invalid" });
    expect(json).not.toHaveProperty("response");
  });
});

describe("POST /search", () => {
  it("answers with the passages, best first", async () => {
    const { send, adapters } = await startService();
    adapters.search.warnings = ["The query was cut."];
    const { status, headers, json } = await send("POST", "/search", {
      query: "index",
      vector_search_type: "memory",
      top_k: 1,
      filter: { year: 2026 },
    });
    expect(status).toBe(200);
    expect(json).toEqual({
      passages: [expect.objectContaining({ id: "p1", document_id: "retrieval", score: 0.75 })],
      timing_ms: { embed: 0, retrieve: expect.any(Number), total: expect.any(Number) },
      warnings: ["The query was cut."],
      request_id: headers.get("x-request-id"),
    });
    expect(adapters.model.requests).toEqual([]);
  });

  it("answers with no passages where nothing matches", async () => {
    const { send } = await startService();
    const { status, json } = await send("POST", "/search", {
      query: "index",
      vector_search_type: "memory",
      filter: { year: 1999 },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({ passages: [] });
  });

  it("refuses an unknown search by name", async () => {
    const { send } = await startService();
    const { status, json } = await send("POST", "/search", { query: "index", vector_search_type: "x" });
    expect(status).toBe(400);
    expect(json).toMatchObject({ detail: "Unsupported vector DB: x", supported: ["memory", "readonly"] });
  });
});

describe("the caller's principal", () => {
  const headers = { "x-user": " alice@example.org ", "x-groups": "staff, , legal,staff" };
  const trusted = { user: "x-user", groups: "x-groups" };

  it("is ignored where the config names no header", async () => {
    const { send, adapters } = await startService();
    await send("POST", "/generate", QUESTION, headers);
    expect(adapters.search.requests[0]).not.toHaveProperty("principal");
  });

  it("comes from the headers that the config names", async () => {
    const { send, adapters } = await startService({ trustedPrincipalHeaders: trusted });
    await send("POST", "/generate", QUESTION, headers);
    await send("POST", "/search", { query: "index", vector_search_type: "memory" }, headers);
    const principal = { userId: "alice@example.org", groups: ["staff", "legal"] };
    expect(adapters.search.requests.map((request) => request.principal)).toEqual([principal, principal]);
  });

  it("is nobody where the header is not sent, whatever the groups claim", async () => {
    const { send, adapters } = await startService({ trustedPrincipalHeaders: trusted });
    await send("POST", "/generate", QUESTION, { "x-groups": "admins" });
    expect(adapters.search.requests[0]).not.toHaveProperty("principal");
  });
});
