import fc from "fast-check";
import { expect, it } from "vitest";
import { QUESTION, startService } from "./http-harness.ts";

const TARGETS = [
  ["POST", "/generate"],
  ["POST", "/search"],
  ["PUT", "/corpora/memory/documents/a"],
] as const;

const FIELDS = [
  ...["prompt", "llm_name", "vector_search_type", "top_k", "filter", "max_tokens", "temperature", "system", "history"],
  ...["query", "title", "text", "uri", "metadata", "__proto__"],
];

/** JSON of any shape, or one that has the right fields with anything in them. */
const bodies = fc.oneof(
  fc.json(),
  fc.string(),
  fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue()).map((fields) => JSON.stringify({ ...QUESTION, ...fields })),
);

it("answers any body with what was asked for or a 4xx that tells what is wrong", async () => {
  const { send } = await startService();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TARGETS), bodies, async ([method, path], body) => {
      const { status, headers, json } = await send(method, path, body);
      if (status < 300) return;
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(json).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) });
    }),
    { numRuns: 600 },
  );
});

it("answers any path of a document with its document or a 4xx", async () => {
  const { send } = await startService();
  const escapes = fc.array(fc.constantFrom("%", "%2F", "%FF", "%00", "%E6", "/", "..", "a", "?", "#", "\\", "%5C"));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("GET", "PUT", "DELETE"), escapes, async (method, parts) => {
      const body = method === "PUT" ? { text: "x" } : undefined;
      const { status } = await send(method, `/corpora/memory/documents/${parts.join("")}`, body);
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});
