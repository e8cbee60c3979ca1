import { describe, expect, it } from "vitest";
import { ServiceError } from "../../domain/errors.ts";
import type { CorpusPort } from "../../domain/ports/corpus-port.ts";
import { RawConnection } from "./http-connection.ts";
import { HarnessAdapters, startService } from "./http-harness.ts";

const ADDRESS = "/corpora/memory/documents/guide";

describe("documents of a corpus", () => {
  it("are new, then unchanged, then replaced", async () => {
    const { send } = await startService();
    const document = { title: "Guide", text: "How to start.", uri: "docs/guide.md", metadata: { year: 2026 } };
    const added = await send("PUT", ADDRESS, document);
    expect(added.status).toBe(201);
    expect(added.json).toEqual({ id: "guide", outcome: "added", request_id: added.headers.get("x-request-id") });
    const unchanged = await send("PUT", ADDRESS, document);
    expect(unchanged.status).toBe(200);
    expect(unchanged.json).toMatchObject({ outcome: "unchanged" });
    const replaced = await send("PUT", ADDRESS, { ...document, text: "How to begin." });
    expect(replaced.status).toBe(200);
    expect(replaced.json).toMatchObject({ outcome: "replaced" });
  });

  it("are given back as they were put", async () => {
    const { send } = await startService();
    const document = {
      title: "指南",
      text: "如何开始。",
      uri: "https://example.org/guide",
      metadata: { year: 2026, draft: false, lang: "zh", tags: ["start", "guide"] },
    };
    await send("PUT", ADDRESS, document);
    const { status, json } = await send("GET", ADDRESS);
    expect(status).toBe(200);
    expect(json).toEqual({ id: "guide", ...document });
  });

  it("are deleted, and then no longer there", async () => {
    const { send } = await startService();
    await send("PUT", ADDRESS, { text: "How to start." });
    const deleted = await send("DELETE", ADDRESS);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    for (const method of ["GET", "DELETE"]) {
      const { status, headers, json } = await send(method, ADDRESS);
      expect(status).toBe(404);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(json).toMatchObject({ code: "not-found" });
    }
  });

  it.each([
    ["notes%2F2026%2Fa.md", "notes/2026/a.md"],
    ["notes/2026/a.md", "notes/2026/a.md"],
    ["a%252Fb", "a%2Fb"],
    ["100%25", "100%"],
    ["%E6%8C%87%E5%8D%97%20%231%3F", "指南 #1?"],
    ["a+b", "a+b"],
  ])("have the id that their address says, decoded: %s", async (written, id) => {
    const { send } = await startService();
    expect((await send("PUT", `/corpora/memory/documents/${written}`, { text: "x" })).json).toMatchObject({ id });
    const { status, json } = await send("GET", `/corpora/memory/documents/${encodeURIComponent(id)}?x=1`);
    expect([status, json]).toEqual([200, { id, text: "x" }]);
  });

  it.each([
    ["%FF", "id", "must be percent-encoded UTF-8"],
    ["a%00b", "id", "must be without control characters"],
    ["x".repeat(513), "id", "must have at most 512 characters"],
  ])("have no such id as %s", async (written, field, message) => {
    const { send } = await startService();
    const { status, json } = await send("PUT", `/corpora/memory/documents/${written}`, { text: "x" });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "invalid-request", errors: [{ field, message }] });
  });

  it("are refused with every problem by its field", async () => {
    const { send } = await startService();
    const reply = await send(
      "PUT",
      ADDRESS,
      `{"title": "", "text": "${"x".repeat(20_001)}", "uri": 7, "id": "other",
        "metadata": {"": 1, "__proto__": 2, "nested": {"a": 1}, "list": ["a", 1], "nothing": null, "long": "${"y".repeat(4_097)}"}}`,
    );
    expect(reply.status).toBe(400);
    expect(reply.json?.errors).toEqual([
      { field: "title", message: "must not be empty" },
      { field: "text", message: "must have at most 20000 characters" },
      { field: "uri", message: "must be a text" },
      { field: "metadata.", message: "a key has 1 to 128 characters" },
      { field: "metadata.__proto__", message: "is not allowed as a key" },
      { field: "metadata.nested", message: "must be a text, a number, true, false or a list of texts" },
      { field: "metadata.list", message: "must be a text, a number, true, false or a list of texts" },
      { field: "metadata.nothing", message: "must be a text, a number, true, false or a list of texts" },
      { field: "metadata.long", message: "must have at most 4096 characters" },
      { field: "id", message: "is not a known field" },
    ]);
  });

  it.each([".", "..", "%2e%2e"])("cannot have the id %s, which is a step in the address", async (id) => {
    const { server } = await startService();
    const connection = await RawConnection.open(server.port);
    connection.write(
      `PUT /corpora/memory/documents/${id} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"text":"x"}`,
    );
    expect((await connection.reply()).status).toBe(404);
  });

  it("cannot be of a corpus that is not there, or that is read-only", async () => {
    const { send } = await startService();
    for (const [method, body] of [["PUT", { text: "x" }], ["GET"], ["DELETE"]] as const) {
      const missing = await send(method, "/corpora/nothing/documents/a", body);
      expect(missing.status).toBe(404);
      expect(missing.json).toMatchObject({ code: "not-found", supported: ["memory"] });
      const readOnly = await send(method, "/corpora/readonly/documents/a", body);
      expect(readOnly.status).toBe(409);
      expect(readOnly.json).toMatchObject({ code: "corpus-read-only" });
    }
  });
});

describe("GET /corpora", () => {
  it("tells what each corpus holds", async () => {
    const { send } = await startService();
    const empty = await send("GET", "/corpora");
    expect(empty.json).toEqual({
      corpora: [{ name: "memory", documents: 0, passages: 0, generation: 0 }],
      request_id: empty.headers.get("x-request-id"),
    });
    await send("PUT", ADDRESS, { text: "How to start." });
    expect((await send("GET", "/corpora")).json).toMatchObject({
      corpora: [
        {
          name: "memory",
          documents: 1,
          passages: 1,
          generation: 1,
          embedder: { name: "memory-1", dimensions: 8 },
        },
      ],
    });
  });

  it("tells of a corpus that fails what is wrong with it, and of the others what they hold", async () => {
    const { send } = await startService({}, { adapters: new BesideABrokenCorpus() });
    const { status, text, json } = await send("GET", "/corpora");
    expect(status).toBe(200);
    expect(json?.corpora).toEqual([
      { name: "broken", error: { code: "storage-failed", detail: "The record cannot be read." } },
      { name: "memory", documents: 0, passages: 0, generation: 0 },
    ]);
    expect(text).not.toContain("malformed");
  });
});

class BesideABrokenCorpus extends HarnessAdapters {
  override readonly corpora = ["broken", "memory"];

  override corpus(name: string): CorpusPort {
    if (name !== "broken") return super.corpus(name);
    throw new ServiceError("storage-failed", "The record cannot be read.", { cause: new Error("malformed") });
  }
}
