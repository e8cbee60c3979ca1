import fc from "fast-check";
import { expect, it } from "vitest";
import { ALONE, startOpenAI } from "./openai-harness.ts";

const CHAT_FIELDS = [
  ...["model", "messages", "stream", "stream_options", "n", "max_tokens", "temperature", "top_p", "stop", "seed"],
  ...["logprobs", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls", "response_format", "retrieval"],
  ...["reasoning_effort", "user", "functions", "input", "encoding_format", "dimensions", "__proto__"],
];

const messages = fc.array(
  fc.record(
    {
      role: fc.constantFrom("system", "user", "assistant", "tool", "bot"),
      content: fc.oneof(fc.string(), fc.jsonValue()),
      tool_calls: fc.jsonValue(),
      tool_call_id: fc.string(),
    },
    { requiredKeys: ["role"] },
  ),
);

/** JSON of any shape, or one that has the right fields with anything in them. */
const bodies = fc.oneof(
  fc.json(),
  fc
    .dictionary(fc.constantFrom(...CHAT_FIELDS), fc.jsonValue())
    .map((fields) => JSON.stringify({ ...ALONE, ...fields })),
  messages.map((anything) => JSON.stringify({ ...ALONE, messages: anything })),
  fc.jsonValue().map((input) => JSON.stringify({ model: "words", input })),
);

it("answers any body with what was asked for or a 4xx that tells what is wrong, as OpenAI does", async () => {
  const { send } = await startOpenAI();
  const paths = fc.constantFrom("/v1/chat/completions", "/v1/embeddings");
  await fc.assert(
    fc.asyncProperty(paths, bodies, async (path, body) => {
      const { status, json } = await send("POST", path, body);
      if (status < 300) return;
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(json).toMatchObject({
        error: { message: expect.any(String), type: "invalid_request_error", code: expect.any(String) },
      });
    }),
    { numRuns: 600 },
  );
});
