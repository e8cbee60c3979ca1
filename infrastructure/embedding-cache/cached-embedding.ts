import { createHash } from "node:crypto";
import { abortable } from "../../domain/abortable.ts";
import { refuseBadBatch } from "../../domain/embedding-batch.ts";
import { throwIfAborted } from "../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest } from "../../domain/ports/embedding-port.ts";
import type { EmbeddingStore } from "./embedding-store.ts";
import { RecentVectors } from "./recent-vectors.ts";

/** Queries are kept in memory alone, and as many as fit. */
const RECENT_BYTES = 8 * 1_048_576;
/** Texts that are looked up before other work gets its turn. */
const TEXTS_AT_ONCE = 256;
/** How far from 1 the length of a vector may be that was kept well. */
const LENGTH_TOLERANCE = 1e-3;

/**
 * An embedder that asks the one behind it for nothing twice: documents' vectors are kept on disk, under the embedder's
 * name and the text's SHA-256, the last queries' in memory. A text that comes twice in a batch is embedded once.
 */
export class CachedEmbedding implements EmbeddingPort {
  readonly kind = "fixed";
  private readonly inner: EmbeddingPort;
  private readonly store: Pick<EmbeddingStore, "get" | "put">;
  private readonly recent: RecentVectors;

  constructor(inner: EmbeddingPort, store: Pick<EmbeddingStore, "get" | "put">) {
    this.inner = inner;
    this.store = store;
    this.recent = new RecentVectors(RECENT_BYTES);
  }

  get name(): string {
    return this.inner.name;
  }

  get dimensions(): number {
    return this.inner.dimensions;
  }

  get maxBatch(): number {
    return this.inner.maxBatch;
  }

  async embed({ texts, purpose }: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    refuseBadBatch(texts, this.maxBatch);
    throwIfAborted(signal);
    const distinct = [...new Set(texts)];
    const keys: Uint8Array[] = [];
    const known: (Float32Array | undefined)[] = [];
    for (let start = 0; start < distinct.length; start += TEXTS_AT_ONCE) {
      const part = distinct.slice(start, start + TEXTS_AT_ONCE).map((text) => this.keyOf(text, purpose));
      keys.push(...part);
      known.push(...(purpose === "query" ? this.recall(part) : await this.lookUp(part, signal)));
    }
    const missing = distinct.flatMap((_, place) => (known[place] === undefined ? [place] : []));
    const vectors = new Map(distinct.map((text, place) => [text, known[place]]));
    if (missing.length > 0) {
      const request = { texts: missing.map((place) => distinct[place] ?? ""), purpose };
      const embedded = await this.inner.embed(request, signal);
      this.keep(
        missing.flatMap((place) => keys[place] ?? []),
        embedded,
        purpose,
      );
      for (const [index, place] of missing.entries()) vectors.set(distinct[place] ?? "", embedded[index]);
    }
    return texts.flatMap((text) => vectors.get(text)?.slice() ?? []);
  }

  async close(): Promise<void> {
    await this.inner.close?.();
  }

  private recall(keys: readonly Uint8Array[]): readonly (Float32Array | undefined)[] {
    return keys.map((key) => this.recent.get(nameOf(key)));
  }

  /** Vectors that can have been embedded: what else the file holds was damaged. */
  private async lookUp(
    keys: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<readonly (Float32Array | undefined)[]> {
    const found = await abortable(this.store.get(keys, this.dimensions), signal);
    return found.map((vector) => (vector !== undefined && isWhole(vector) ? vector : undefined));
  }

  private keep(
    keys: readonly Uint8Array[],
    vectors: readonly Float32Array[],
    purpose: EmbeddingRequest["purpose"],
  ): void {
    if (vectors.length !== keys.length || vectors.some(({ length }) => length !== this.dimensions)) return;
    if (purpose === "document") this.store.put(keys, vectors, this.dimensions);
    else for (const [index, vector] of vectors.entries()) this.recent.put(nameOf(keys[index]), vector.slice());
  }

  private keyOf(text: string, purpose: EmbeddingRequest["purpose"]): Uint8Array {
    return createHash("sha256")
      .update(JSON.stringify([this.name, purpose, text]))
      .digest();
  }
}

function nameOf(key: Uint8Array | undefined): string {
  return Buffer.from(key ?? []).toString("base64");
}

function isWhole(vector: Float32Array): boolean {
  let square = 0;
  for (const value of vector) square += value * value;
  return square === 0 || Math.abs(Math.sqrt(square) - 1) < LENGTH_TOLERANCE;
}
