import { toResponseInputItems } from "openai/lib/responses/ResponseInputItems";
import type { ResponseInput } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import type { CompletionEvent } from "../../domain/ports/completion-port.ts";
import { FakeCompletion } from "../support/fakes/fake-completion.ts";
import { GROUNDED_RESPONSE, startOpenAI, WEATHER } from "./openai-harness.ts";

/** Writes on after it asked for a tool. */
class Interrupted extends FakeCompletion {
  override async *stream(): AsyncGenerator<CompletionEvent, void, undefined> {
    yield { type: "delta", text: "First. " };
    yield { type: "tool-call", index: 0, id: "call_1", name: "time" };
    yield { type: "tool-arguments", index: 0, json: "{}" };
    yield { type: "delta", text: "The index is a copy [1]." };
    const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 };
    yield { type: "finish", finishReason: "tool-calls", usage, warnings: [] };
  }
}

describe("tools in /v1/responses", () => {
  it("are asked for, and it goes on with their results when its own output comes back", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith(({ prompt }) => {
      const last = prompt.messages.at(-1);
      if (last?.role === "tool") return { deltas: [`It is ${last.content}.`] };
      const calls = ["Brest", "Lyon"].map((city, number) => ({
        id: `call_${number}`,
        name: "weather",
        arguments: JSON.stringify({ city }),
      }));
      return { deltas: ["I look."], toolCalls: calls, finishReason: "tool-calls" };
    });
    const input: ResponseInput = [{ role: "user", content: "How is the weather?" }];
    const first = await client.responses.create({ model: "able", input, tools: [WEATHER] });
    expect(first.status).toBe("completed");
    expect(first.output).toMatchObject([
      { type: "message", content: [{ text: "I look." }] },
      { type: "function_call", status: "completed", call_id: "call_0", name: "weather", arguments: '{"city":"Brest"}' },
      { type: "function_call", id: expect.stringMatching(/^fc_/u), call_id: "call_1", arguments: '{"city":"Lyon"}' },
    ]);
    input.push(...toResponseInputItems(first.output));
    for (const item of first.output)
      if (item.type === "function_call")
        input.push({ type: "function_call_output", call_id: item.call_id, output: "raining" });
    const second = await client.responses.create({ model: "able", input, tools: [WEATHER] });
    expect(second.output_text).toBe("It is raining.");
    expect(adapters.able.requests[1]?.prompt.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "tool",
    ]);
  });

  it("leave a text that comes after their call a message of its own", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.completion = () => new Interrupted();
    const { output } = await client.responses.create({ ...GROUNDED_RESPONSE, model: "able@memory" });
    expect(output).toMatchObject([
      { type: "message", content: [{ text: "First. " }] },
      { type: "function_call" },
      { type: "message", content: [{ annotations: [{ start_index: 0, end_index: 19 }] }] },
    ]);
  });
});
