import { refuseBadBatch } from "../../../domain/embedding-batch.ts";
import { throwIfAborted } from "../../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest } from "../../../domain/ports/embedding-port.ts";
import { type Held, Hold } from "./hold.ts";

/**
 * An embedder whose vectors come from the texts' words alone: texts that share words are near each other, on every
 * machine and in every run alike. It records what it was asked; its delays and failures are the test's.
 */
export class FakeEmbedding implements EmbeddingPort {
  readonly kind = "fixed";
  readonly name: string;
  readonly dimensions: number;
  readonly maxBatch: number;
  /** Requests in the order in which they came. */
  readonly requests: EmbeddingRequest[] = [];
  closed = false;
  private readonly failures: Error[] = [];
  private readonly holding = new Hold();

  constructor({ dimensions = 64, maxBatch = 32 }: { readonly dimensions?: number; readonly maxBatch?: number } = {}) {
    this.name = `fake/words/${dimensions}`;
    this.dimensions = dimensions;
    this.maxBatch = maxBatch;
  }

  /** Makes the next call fail; called twice, the next two, and so on. */
  failNext(error: Error): void {
    this.failures.push(error);
  }

  /** Makes calls wait from now on, until they are released or aborted. */
  hold(): Held {
    return this.holding.hold();
  }

  async embed(request: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    refuseBadBatch(request.texts, this.maxBatch);
    throwIfAborted(signal);
    this.requests.push(request);
    await this.holding.pass(signal);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    return request.texts.map((text) => wordVector(text, this.dimensions));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Counts the text's words in hashed places and scales the vector to length 1; zeros where there is no word. */
export function wordVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const place = hash(word) % dimensions;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** FNV-1a, 32 bits (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
