import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, vectorOf } from "../../../adapters/outbound/faiss/engine/vector-bytes.ts";
import { detectLanguage, type Language } from "../../../domain/text/language.ts";
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
      openSync(join(directory, "texts.utf8"), "w"),
    ];
    const [ends, languages]: [number[], Language[]] = [[], []];
    for (const { text, vector } of passages) {
      writeSync(vectors, bytesOf(vector));
      ends.push((ends.at(-1) ?? 0) + writeSync(texts, text));
      languages.push(detectLanguage(text));
    }
    writeFileSync(join(directory, "ends.json"), JSON.stringify(ends));
    writeFileSync(join(directory, "languages.json"), JSON.stringify(languages));
    closeSync(vectors);
    closeSync(texts);
    const packed = new Float32Array(queries.length * head.dimensions);
    for (const [index, { vector }] of queries.entries()) packed.set(vector, index * head.dimensions);
    writeFileSync(join(directory, "queries.f32"), bytesOf(packed));
    const written: WrittenHead = { ...head, size: ends.length, queries: queries.map(({ text }) => text) };
    writeFileSync(join(directory, "head.json"), JSON.stringify(written));
    return DataSet.open(directory);
  }

  /** The passages from `from` to before `to` in their order, all by default, `count` at a time; vectors as plain numbers too where they are asked for. */
  *batches(count: number, withLists: boolean, from = 0, to = this.size): Generator<Batch> {
    const ends = this.list<number>("ends.json");
    const languages = this.list<Language>("languages.json");
    for (let first = from; first < to; first += count) {
      const texts = this.texts(ends[first - 1] ?? 0, ends.slice(first, Math.min(to, first + count)));
      const vectors = this.vectors(first, texts.length);
      yield {
        first,
        texts,
        languages: languages.slice(first, first + texts.length),
        vectors,
        lists: withLists ? vectors.map((vector) => [...vector]) : [],
      };
    }
  }

  private list<Item>(name: string): readonly Item[] {
    return JSON.parse(readFileSync(join(this.directory, name), "utf8"));
  }

  private texts(start: number, ends: readonly number[]): string[] {
    const bytes = Buffer.from(this.read("texts.utf8", start, (ends.at(-1) ?? start) - start).buffer);
    return ends.map((end, index) => bytes.toString("utf8", (ends[index - 1] ?? start) - start, end - start));
  }

  /** Vectors of the passages from the first on. */
  vectors(first: number, count: number): Float32Array[] {
    const { dimensions } = this.head;
    const bytesEach = dimensions * Float32Array.BYTES_PER_ELEMENT;
    const packed = vectorOf(this.read("vectors.f32", first * bytesEach, count * bytesEach));
    return Array.from({ length: count }, (_, index) => packed.subarray(index * dimensions, (index + 1) * dimensions));
  }

  private read(name: string, start: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    const file = openSync(join(this.directory, name), "r");
    readSync(file, bytes, 0, length, start);
    closeSync(file);
    return bytes;
  }
}
