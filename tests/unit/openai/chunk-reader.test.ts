import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkReader } from "../../../adapters/outbound/openai/chunk-reader.ts";
import { readReply } from "../../../adapters/outbound/openai/completion-reply.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { CompletionEvent } from "../../../domain/ports/completion-port.ts";

function read(...chunks: readonly unknown[]): { readonly reader: ChunkReader; readonly events: CompletionEvent[] } {
  const reader = new ChunkReader();
  return { reader, events: chunks.flatMap((chunk) => reader.read(JSON.stringify(chunk))) };
}

function delta(fields: object, more: object = {}): object {
  return { choices: [{ index: 0, delta: fields, finish_reason: null, ...more }], usage: null };
}

const END = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };

describe("ChunkReader", () => {
  it("numbers tool calls in the answer's order, and keeps the pieces of interleaved ones apart", () => {
    const piece = (index: number, json: string) => ({ index, function: { arguments: json } });
    const { events } = read(
      delta({ tool_calls: [{ index: 3, id: "b", type: "function", function: { name: "tides", arguments: "" } }] }),
      delta({ tool_calls: [{ index: 1, id: "a", type: "function", function: { name: "now", arguments: "{" } }] }),
      delta({ tool_calls: [piece(3, '{"port"'), piece(1, "}")] }),
      delta({ tool_calls: [piece(3, ":1}")] }),
    );
    expect(events).toEqual([
      { type: "tool-call", index: 0, id: "b", name: "tides" },
      { type: "tool-call", index: 1, id: "a", name: "now" },
      { type: "tool-arguments", index: 1, json: "{" },
      { type: "tool-arguments", index: 0, json: '{"port"' },
      { type: "tool-arguments", index: 1, json: "}" },
      { type: "tool-arguments", index: 0, json: ":1}" },
    ]);
  });

  it("keeps likelihoods that come without text for the text that comes next", () => {
    const likelihood = (token: string) => ({ content: [{ token, logprob: -1, bytes: null, top_logprobs: [] }] });
    const { events } = read(
      delta({ content: "" }, { logprobs: likelihood("\uFFFD") }),
      delta({ content: "é" }, { logprobs: likelihood("\uFFFD") }),
    );
    const told = { token: "\uFFFD", logprob: -1, alternatives: [] };
    expect(events).toEqual([{ type: "delta", text: "é", logprobs: [told, told] }]);
  });

  it("counts cached and reasoning tokens, wherever in the stream they are told", () => {
    const usage = {
      prompt_tokens: 30,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 24 },
      completion_tokens_details: { reasoning_tokens: 12 },
    };
    const counted = { inputTokens: 30, outputTokens: 20, cachedInputTokens: 24, reasoningTokens: 12 };
    expect(read(delta({ content: "x" }), END, { choices: [], usage }).reader.finish().usage).toEqual(counted);
    expect(read({ ...delta({ content: "x" }), usage }, END).reader.finish().usage).toEqual(counted);
    expect(readReply({ choices: [{ message: { content: "x" }, finish_reason: "stop" }], usage }).usage).toEqual(
      counted,
    );
  });

  it("reads nothing after the stream says that it is done", () => {
    const { reader } = read(delta({ content: "x" }), END);
    expect(reader.read("[DONE]")).toEqual([]);
    expect(reader.read("what is this")).toEqual([]);
    expect(reader.finish().finishReason).toBe("stop");
  });

  it("throws `vendor-reply-invalid` where the stream says that it is done before an end was told", () => {
    const { reader } = read(delta({ content: "x" }));
    reader.read("[DONE]");
    expect(() => reader.finish()).toThrow(expect.objectContaining({ code: "vendor-reply-invalid" }));
  });

  const nonsense: readonly (readonly [string, unknown])[] = [
    ["a chunk that is no object", 7],
    ["a choice that is no object", { choices: ["x"] }],
    ["a text that is none", delta({ content: 7 })],
    ["a tool call without its number", delta({ tool_calls: [{ id: "a", function: { name: "now" } }] })],
    ["a tool call without its id", delta({ tool_calls: [{ index: 0, function: { name: "now" } }] })],
    ["a tool call without its name", delta({ tool_calls: [{ index: 0, id: "a", function: {} }] })],
    [
      "arguments that are no text",
      delta({ tool_calls: [{ index: 0, id: "a", function: { name: "n", arguments: {} } }] }),
    ],
    [
      "a likelihood that is no number",
      delta({ content: "x" }, { logprobs: { content: [{ token: "x", logprob: "1" }] } }),
    ],
    ["a count below zero", { choices: [], usage: { prompt_tokens: -1 } }],
    ["an end that is not known", delta({ content: "x" }, { finish_reason: "toString" })],
  ];
  it.each(nonsense)("throws `vendor-reply-invalid` for %s", (_, chunk) => {
    expect(() => read(chunk)).toThrow(expect.objectContaining({ code: "vendor-reply-invalid", retryable: true }));
  });
});

describe("whatever the vendor writes", () => {
  const value = fc.jsonValue({ maxDepth: 2 });
  const maybe = (one: fc.Arbitrary<unknown>) => fc.oneof({ weight: 3, arbitrary: one }, value);
  const called = maybe(fc.record({ name: value, arguments: value }, { requiredKeys: [] }));
  const call = maybe(fc.record({ index: fc.nat(3), id: value, function: called }, { requiredKeys: [] }));
  const said = maybe(
    fc.record({ content: value, refusal: fc.constant(null), tool_calls: maybe(fc.array(call)) }, { requiredKeys: [] }),
  );
  const choice = maybe(
    fc.record({ delta: said, message: said, logprobs: value, finish_reason: value }, { requiredKeys: [] }),
  );
  const reply = maybe(
    fc.record({ choices: maybe(fc.array(choice)), usage: value, error: value }, { requiredKeys: [] }),
  );

  it("it is read, or fails as a ServiceError", () => {
    const isRead = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        expect(error).toBeInstanceOf(ServiceError);
      }
    };
    fc.assert(
      fc.property(reply, fc.string(), (written, text) => {
        isRead(() => readReply(written));
        isRead(() => read(written).reader.finish());
        isRead(() => new ChunkReader().read(text));
      }),
      { numRuns: 1000 },
    );
  });
});
