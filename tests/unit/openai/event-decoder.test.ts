import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventDecoder } from "../../../adapters/outbound/openai/event-decoder.ts";
import { ServiceError } from "../../../domain/errors.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The bytes cut at these places, an empty piece for a place that comes twice. */
function cutAt(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)).sort((one, other) => one - other), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function decoded(pieces: readonly Uint8Array[]): readonly string[] {
  const decoder = new EventDecoder();
  return pieces.flatMap((piece) => decoder.push(piece));
}

const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const data = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n]/gu, " "));
const noise = fc.constantFrom(": a comment", ":", "event: message", "id: 7", "retry: 10", "unknown", "datum: no");

/** One event: what it says, and its lines. */
const event = fc
  .tuple(fc.array(data, { minLength: 1, maxLength: 3 }), fc.array(noise, { maxLength: 3 }), fc.boolean())
  .map(([lines, noises, spaced]) => ({
    data: lines.join("\n"),
    lines: [...noises, ...lines.map((line) => (spaced || line.startsWith(" ") ? `data: ${line}` : `data:${line}`)), ""],
  }));

describe("EventDecoder", () => {
  it("finds every event's data, whatever ends the lines, whatever else stands there and however the bytes are cut", () => {
    const stream = fc.tuple(fc.array(event, { maxLength: 6 }), lineEnd, fc.array(fc.nat(), { maxLength: 40 }));
    fc.assert(
      fc.property(stream, ([events, end, places]) => {
        const lines = events.flatMap((one) => one.lines);
        const text = lines.map((line) => line + end).join("");
        expect(decoded(cutAt(bytesOf(text), places))).toEqual(events.map((one) => one.data));
      }),
    );
  });

  it("gives the same, cut anywhere, as uncut for any text at all", () => {
    const text = fc.string({
      unit: fc.constantFrom("data:", "data", " ", "\r", "\n", ":", "x", "灯", "👩‍🚀", "\u2028"),
    });
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 40 }), (all, places) => {
        expect(decoded(cutAt(bytesOf(all), places))).toEqual(decoded([bytesOf(all)]));
      }),
      { numRuns: 300 },
    );
  });

  it("leaves a byte order mark out, and an event that the stream's end cuts off", () => {
    expect(decoded([bytesOf("\uFEFFdata: one\n\ndata: two\n")])).toEqual(["one"]);
  });

  it("throws `vendor-reply-invalid` for an event without end instead of keeping it all", () => {
    const decoder = new EventDecoder();
    const piece = bytesOf("x".repeat(1024 * 1024));
    const pushAll = () => {
      for (let count = 0; count < 20; count += 1) decoder.push(piece);
    };
    expect(pushAll).toThrow(ServiceError);
  });

  it("throws `vendor-reply-invalid` for an event of lines without end", () => {
    const decoder = new EventDecoder();
    const lines = bytesOf(`data: ${"x".repeat(1024)}\n`.repeat(1024));
    const pushAll = () => {
      for (let count = 0; count < 20; count += 1) decoder.push(lines);
    };
    expect(pushAll).toThrow(ServiceError);
  });

  it("takes lines that end in different ways in one stream", () => {
    const text = "data: a\ndata: b\r\ndata: c\rdata: d\n\ndata: e\r\n\r\ndata: f\r\r";
    expect(decoded([bytesOf(text)])).toEqual(["a\nb\nc\nd", "e", "f"]);
  });

  it("tells an event as soon as the end of its empty line has begun", () => {
    const decoder = new EventDecoder();
    expect(decoder.push(bytesOf("data: a\r\n\r"))).toEqual(["a"]);
    expect(decoder.push(bytesOf("\ndata: b\n\n"))).toEqual(["b"]);
  });
});
