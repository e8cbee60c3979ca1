import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventDecoder } from "../../../adapters/outbound/openai/event-decoder.ts";

const LINE_ENDS = ["\n", "\r\n", "\r"] as const;

/** A line of text: characters of one to four bytes, with no end of a line in it. */
const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n]/gu, ""));

/** A line of a stream that holds no data. */
const otherLine = fc.oneof(
  line.map((text) => `:${text}`),
  line.map((text) => `event: ${text}`),
  fc.constantFrom("id: 7", "retry: 10", "datum: none", "database", " data: indented"),
);

/** What one event says, and the lines that say it. */
const event = fc
  .array(fc.record({ text: line, spaced: fc.boolean(), before: fc.array(otherLine, { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => ({
    data: parts.map(({ text }) => text).join("\n"),
    lines: parts.flatMap(({ text, spaced, before }) => [
      ...before,
      // One space after the colon is no part of the data.
      spaced || text.startsWith(" ") ? `data: ${text}` : `data:${text}`,
    ]),
  }));

/** The bytes, cut at places that fall anywhere, within characters too. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((left, right) => left - right);
  return [0, ...places].map((place, index) => bytes.subarray(place, places[index]));
}

function decode(parts: readonly Uint8Array[]): readonly string[] {
  const decoder = new EventDecoder();
  return parts.flatMap((part) => decoder.push(part));
}

describe("EventDecoder", () => {
  it("reads the data of every event, whatever ends the lines and wherever the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(event),
        fc.constantFrom(...LINE_ENDS),
        fc.boolean(),
        fc.array(fc.nat()),
        (events, end, marked, cuts) => {
          const text = events.map(({ lines }) => `${lines.join(end)}${end}${end}`).join("");
          const bytes = Buffer.from(`${marked ? "\uFEFF" : ""}${text}`);
          expect(decode(pieces(bytes, cuts))).toEqual(events.map(({ data }) => data));
          expect(decode([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(events.map(({ data }) => data));
        },
      ),
    );
  });

  it("takes lines that end in different ways in one stream", () => {
    expect(decode([Buffer.from("data: a\ndata: b\r\ndata: c\rdata: d\n\ndata: e\r\n\r\ndata: f\r\r")])).toEqual([
      "a\nb\nc\nd",
      "e",
      "f",
    ]);
  });

  it("tells an event as soon as its empty line has begun", () => {
    const decoder = new EventDecoder();
    expect(decoder.push(Buffer.from("data: a\r\n\r"))).toEqual(["a"]);
    expect(decoder.push(Buffer.from("\ndata: b\n\n"))).toEqual(["b"]);
  });

  it("knows data without a value, and no event where there is no data", () => {
    expect(decode([Buffer.from("data\n\ndata:\n\n\n: comment\n\nevent: ping\n\n")])).toEqual(["", ""]);
  });

  it("leaves out an event that the end cuts off", () => {
    expect(decode([Buffer.from("data: whole\n\ndata: half\n")])).toEqual(["whole"]);
  });

  it("throws `vendor-reply-invalid` for a line, or an event, without end", () => {
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    const endless = (part: Uint8Array) => () =>
      decode([Buffer.from("data: "), ...Array.from({ length: 17 }, () => part)]);
    expect(endless(megabyte)).toThrow(expect.objectContaining({ code: "vendor-reply-invalid" }));
    const lines = Buffer.from(`data: ${"x".repeat(1024)}\n`.repeat(1024));
    expect(endless(lines)).toThrow(expect.objectContaining({ code: "vendor-reply-invalid" }));
  });
});
