import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { StallWatch } from "./stall-watch.ts";

/** Writes a body into a new file and returns its bytes; it is read no further once there are more than `most`. */
export async function writeBody(
  body: NodeJS.ReadableStream,
  path: string,
  most: number,
  watch: StallWatch,
): Promise<number> {
  let bytes = 0;
  async function* counted() {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      watch.moved();
      bytes += chunk.length;
      if (bytes > most) return;
      yield chunk;
    }
  }
  await pipeline(counted, createWriteStream(path, { flags: "wx" }), { signal: watch.signal });
  return bytes;
}

/** The whole body; undefined where it has more than `most` bytes. */
export async function readSome(
  body: NodeJS.ReadableStream,
  most: number,
  watch: StallWatch,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    watch.moved();
    bytes += chunk.length;
    if (bytes > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
