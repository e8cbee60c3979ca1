import { describe, expect, it } from "vitest";
import { startService } from "./http-harness.ts";

const DELETE = "/corpora/memory/delete";

async function serviceWithDocuments() {
  const service = await startService();
  for (const [id, year] of [
    ["notes/a", 2025],
    ["notes/b", 2026],
    ["notes/c", 2026],
  ] as const) {
    await service.send("PUT", `/corpora/memory/documents/${id}`, { text: `Text of ${id}.`, metadata: { year } });
  }
  const there = async (id: string) => (await service.send("GET", `/corpora/memory/documents/${id}`)).status === 200;
  return { ...service, there };
}

describe("POST /corpora/{name}/delete", () => {
  it("removes what satisfies the filter, says how many, and leaves the rest", async () => {
    const { send, there } = await serviceWithDocuments();
    const removed = await send("POST", DELETE, { filter: { year: { range: { gte: 2026 } } } });
    expect(removed.status).toBe(200);
    expect(removed.json).toEqual({ removed: 2, request_id: removed.headers.get("x-request-id") });
    expect([await there("notes/a"), await there("notes/b"), await there("notes/c")]).toEqual([true, false, false]);
    expect((await send("POST", DELETE, { filter: { year: 2026 } })).json).toMatchObject({ removed: 0 });
  });

  it("removes what the ids name, and counts what was there", async () => {
    const { send, there } = await serviceWithDocuments();
    const removed = await send("POST", DELETE, { ids: ["notes/a", "notes/c", "notes/lost", "notes/a"] });
    expect(removed.json).toMatchObject({ removed: 2 });
    expect([await there("notes/a"), await there("notes/b"), await there("notes/c")]).toEqual([false, true, false]);
  });

  it.each<[what: string, body: unknown, errors: readonly { field: string; message: string }[]]>([
    ["nothing", {}, [{ field: "", message: "must have either filter or ids" }]],
    ["both", { filter: { year: 2026 }, ids: ["a"] }, [{ field: "", message: "must have either filter or ids" }]],
    [
      "an empty filter",
      { filter: {} },
      [{ field: "filter", message: "must name at least one field, or and, or, not" }],
    ],
    [
      "a filter of an empty list",
      { filter: { and: [] } },
      [{ field: "filter.and", message: "must be a list of at least one filter" }],
    ],
    ["no id", { ids: [] }, [{ field: "ids", message: "must have at least one item" }]],
    [
      "too many ids",
      { ids: Array.from({ length: 1_001 }, (_, index) => `${index}`) },
      [{ field: "ids", message: "must have at most 1000 items" }],
    ],
    [
      "wrong ids, a wrong filter and an unknown field",
      { ids: ["", 7, "x".repeat(513)], filter: { year: { above: 1 } }, all: true },
      [
        { field: "filter.year.above", message: "unknown comparison; known are eq, in, range, exists, contains" },
        { field: "ids[0]", message: "must not be empty" },
        { field: "ids[1]", message: "must be a text" },
        { field: "ids[2]", message: "must have at most 512 characters" },
        { field: "all", message: "is not a known field" },
      ],
    ],
  ])("refuses %s, with every problem, and removes nothing", async (_what, body, errors) => {
    const { send, there } = await serviceWithDocuments();
    const refused = await send("POST", DELETE, body);
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ code: "invalid-request", errors });
    expect([await there("notes/a"), await there("notes/b"), await there("notes/c")]).toEqual([true, true, true]);
  });

  it("takes no other method, and knows no corpus that is not there or is read-only", async () => {
    const { send } = await startService();
    const wrong = await send("GET", DELETE);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
    const missing = await send("POST", "/corpora/nothing/delete", { ids: ["a"] });
    expect(missing.status).toBe(404);
    expect(missing.json).toMatchObject({ code: "not-found", supported: ["memory"] });
    expect((await send("POST", "/corpora/readonly/delete", { ids: ["a"] })).json).toMatchObject({
      code: "corpus-read-only",
    });
    expect((await send("POST", "/corpora/%FF/delete", { ids: ["a"] })).json).toMatchObject({
      code: "invalid-request",
      errors: [{ field: "name", message: "must be percent-encoded UTF-8" }],
    });
  });
});
