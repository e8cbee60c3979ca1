import fc from "fast-check";
import { expect, it } from "vitest";
import { readJson } from "../../../adapters/inbound/http/body.ts";

const LIMIT_BYTES = 4_096;

/** A request whose body comes in these pieces, its length not announced. */
function chunked(pieces: readonly Uint8Array[]): Request {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const init = { method: "POST", body, duplex: "half", headers: { "content-type": "application/json" } };
  return new Request("http://pharos/", init);
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

it("stops after a while on a body that has no end", async () => {
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
  });
  const init = { method: "POST", body: endless, duplex: "half", headers: { "content-type": "application/json" } };
  await expect(readJson(new Request("http://pharos/", init), LIMIT_BYTES)).rejects.toMatchObject({
    code: "body-too-large",
  });
});

it("takes a body that breaks off for a caller who left", async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("aborted")),
  });
  const init = { method: "POST", body: broken, duplex: "half", headers: { "content-type": "application/json" } };
  await expect(readJson(new Request("http://pharos/", init), LIMIT_BYTES)).rejects.toMatchObject({ code: "cancelled" });
});

it("drops a byte order mark", async () => {
  expect(await readJson(chunked([new TextEncoder().encode('\ufeff{"a":1}')]), LIMIT_BYTES)).toEqual({ a: 1 });
});
