import fc from "fast-check";
import type OpenAI from "openai";
import { expect, it } from "vitest";
import { startOpenAI } from "./openai-harness.ts";

const texts = fc.oneof(
  fc.constantFrom(
    "The index is a copy. ",
    "[1]",
    "[2, 1]",
    "【3】",
    "[",
    "1]",
    "\r\ndata: x",
    "\u2028",
    "索引是副本。",
  ),
  fc.string({ minLength: 1, unit: "binary" }),
);

const answers = fc.record({
  deltas: fc.array(texts, { minLength: 1, maxLength: 12 }),
  toolCalls: fc.array(fc.record({ name: fc.constantFrom("time", "weather"), arguments: fc.json() }), { maxLength: 3 }),
  finishReason: fc.constantFrom("stop" as const, "length" as const, "content-filter" as const, "no-answer" as const),
  usage: fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat(), cachedInputTokens: fc.nat() }),
  warnings: fc.array(fc.string(), { maxLength: 2 }),
});

/** Without what no two responses have alike. */
function comparable(response: OpenAI.Responses.Response) {
  const { id: _, created_at: __, completed_at: ___, output, ...rest } = response;
  const items = output.map(({ id: ____, ...item }) => item);
  return { ...rest, output: JSON.parse(JSON.stringify(items)) };
}

it("joined by the client from its events, is exactly the JSON answer to the same request", async () => {
  const { client, adapters } = await startOpenAI();
  await fc.assert(
    fc.asyncProperty(answers, fc.constantFrom("able", "able@memory"), async ({ toolCalls, ...answer }, model) => {
      const calls = toolCalls.map((call, number) => ({ id: `call_${number}`, ...call }));
      adapters.able.answerWith({ ...answer, toolCalls: calls });
      const body = { model, input: "What is the index?" };
      const whole = await client.responses.create(body);
      const snapshots: OpenAI.Responses.ResponseOutputItem[] = [];
      let last: OpenAI.Responses.Response | undefined;
      let number = 0;
      for await (const event of await client.responses.create({ ...body, stream: true })) {
        expect(event.sequence_number).toBe(number++);
        if (event.type === "response.output_item.done") snapshots.push(event.item);
        if (event.type === "response.completed" || event.type === "response.incomplete") last = event.response;
      }
      expect(snapshots).toEqual(last?.output);
      const { output_text: ____, ...expected } = comparable(whole);
      expect(comparable(last!)).toEqual(expected);
      const joined = await client.responses.stream(body).finalResponse();
      expect(joined.output_text).toBe(whole.output_text);
    }),
    { numRuns: 100 },
  );
});
