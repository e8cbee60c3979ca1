import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkReader } from "../../../adapters/outbound/openai/chunk-reader.ts";
import { readReply } from "../../../adapters/outbound/openai/completion-reply.ts";
import { ServiceError } from "../../../domain/errors.ts";

/** A reader that has read these chunks. */
function read(...chunks: readonly unknown[]): ChunkReader {
  const reader = new ChunkReader();
  for (const chunk of chunks) reader.read(JSON.stringify(chunk));
  return reader;
}

function delta(fields: object, more: object = {}): object {
  return { choices: [{ index: 0, delta: fields, finish_reason: null, ...more }], usage: null };
}

const END = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };

describe("ChunkReader", () => {
  it("reads nothing after the stream says that it is done", () => {
    const reader = read(delta({ content: "x" }), END);
    expect(reader.read("[DONE]")).toEqual([]);
    expect(reader.read("what is this")).toEqual([]);
    expect(reader.finish().finishReason).toBe("stop");
  });

  it("throws `vendor-reply-invalid` where the stream says that it is done before an end was told", () => {
    const reader = read(delta({ content: "x" }));
    reader.read("[DONE]");
    expect(() => reader.finish()).toThrow(expect.objectContaining({ code: "vendor-reply-invalid" }));
  });

  const nonsense: readonly (readonly [string, unknown])[] = [
    ["a chunk that is no object", 7],
    ["a choice that is no object", { choices: ["x"] }],
    ["a tool call without its number", delta({ tool_calls: [{ id: "a", function: { name: "now" } }] })],
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
        isRead(() => read(written).finish());
        isRead(() => new ChunkReader().read(text));
      }),
      { numRuns: 1000 },
    );
  });
});
