import { closeSync, createReadStream, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bytesOf, vectorOf } from "../../../adapters/outbound/faiss/engine/vector-bytes.ts";
import type { Batch, Query } from "./contender.ts";

export interface DataSetHead {
  /** As the tables show it; empty for vectors that were made up. */
  readonly name: string;
  readonly dimensions: number;
  readonly passagesPerDocument: number;
}

interface WrittenHead extends DataSetHead {
  readonly size: number;
  readonly queries: readonly string[];
}

/** A passage or a query. */
export interface Entry {
  readonly text: string;
  readonly vector: Float32Array;
}

/** Passages, queries and their vectors in files of one folder, so that several processes may read them. */
export class DataSet {
  readonly directory: string;
  readonly head: DataSetHead;
  readonly size: number;
  readonly queries: readonly Query[];

  private constructor(directory: string, { size, queries, ...head }: WrittenHead) {
    this.directory = directory;
    this.head = head;
    this.size = size;
    const vectors = vectorOf(readFileSync(join(directory, "queries.f32")));
    this.queries = queries.map((text, index) => {
      const vector = vectors.slice(index * head.dimensions, (index + 1) * head.dimensions);
      return { text, vector, list: [...vector] };
    });
  }

  static open(directory: string): DataSet {
    return new DataSet(directory, JSON.parse(readFileSync(join(directory, "head.json"), "utf8")));
  }

  static write(directory: string, head: DataSetHead, passages: Iterable<Entry>, queries: readonly Entry[]): DataSet {
    const [vectors, texts] = [
      openSync(join(directory, "vectors.f32"), "w"),
      openSync(join(directory, "texts.jsonl"), "w"),
    ];
    let size = 0;
    for (const { text, vector } of passages) {
      writeSync(vectors, bytesOf(vector));
      writeSync(texts, `${JSON.stringify(text)}\n`);
      size += 1;
    }
    closeSync(vectors);
    closeSync(texts);
    const packed = new Float32Array(queries.length * head.dimensions);
    for (const [index, { vector }] of queries.entries()) packed.set(vector, index * head.dimensions);
    writeFileSync(join(directory, "queries.f32"), bytesOf(packed));
    const written: WrittenHead = { ...head, size, queries: queries.map(({ text }) => text) };
    writeFileSync(join(directory, "head.json"), JSON.stringify(written));
    return DataSet.open(directory);
  }

  /** All passages in their order, `count` at a time; vectors as plain numbers too where they are asked for. */
  async *batches(count: number, withLists: boolean): AsyncGenerator<Batch> {
    const lines = createInterface({
      input: createReadStream(join(this.directory, "texts.jsonl")),
      crlfDelay: Infinity,
    });
    let [first, texts]: [number, string[]] = [0, []];
    for await (const line of lines) {
      texts.push(JSON.parse(line));
      if (texts.length < count && first + texts.length < this.size) continue;
      const vectors = this.vectors(first, texts.length);
      yield { first, texts, vectors, lists: withLists ? vectors.map((vector) => [...vector]) : [] };
      first += texts.length;
      texts = [];
    }
  }

  /** Vectors of the passages from the first on. */
  vectors(first: number, count: number): Float32Array[] {
    const { dimensions } = this.head;
    const bytes = new Uint8Array(count * dimensions * Float32Array.BYTES_PER_ELEMENT);
    const file = openSync(join(this.directory, "vectors.f32"), "r");
    readSync(file, bytes, 0, bytes.length, (first * bytes.length) / count);
    closeSync(file);
    const packed = vectorOf(bytes);
    return Array.from({ length: count }, (_, index) => packed.subarray(index * dimensions, (index + 1) * dimensions));
  }
}
