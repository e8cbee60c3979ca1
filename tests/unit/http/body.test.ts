import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readJson } from "../../../adapters/inbound/http/body.ts";

const LIMIT_BYTES = 4_096;

/** A request whose body comes in these pieces, its length not announced. */
function chunked(pieces: Iterable<Uint8Array>) {
  const body = Readable.from(pieces, { objectMode: false });
  return Object.assign(body, { headers: { "content-type": "application/json" } });
}

it("reads the same JSON however its bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 1, max: 40 }), async (value, size) => {
      const bytes = new TextEncoder().encode(JSON.stringify(value));
      fc.pre(bytes.byteLength <= LIMIT_BYTES);
      const pieces = Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
        bytes.slice(index * size, (index + 1) * size),
      );
      expect(await readJson(chunked(pieces), LIMIT_BYTES)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 60 },
  );
});

function* endless(): Generator<Uint8Array, void, undefined> {
  for (;;) yield new Uint8Array(65_536);
}

function* broken(): Generator<Uint8Array, void, undefined> {
  yield new TextEncoder().encode('{"a":');
  throw new Error("aborted");
}

it("stops after a while on a body that has no end", async () => {
  await expect(readJson(chunked(endless()), LIMIT_BYTES)).rejects.toMatchObject({ code: "body-too-large" });
});

it("takes a body that breaks off for a caller who left", async () => {
  await expect(readJson(chunked(broken()), LIMIT_BYTES)).rejects.toMatchObject({ code: "cancelled" });
});

it("drops a byte order mark", async () => {
  expect(await readJson(chunked([new TextEncoder().encode('\ufeff{"a":1}')]), LIMIT_BYTES)).toEqual({ a: 1 });
});
