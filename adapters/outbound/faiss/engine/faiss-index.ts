import faiss from "faiss-node";
import { setEfSearch } from "./hnsw-settings.ts";
import { pack } from "./vector-bytes.ts";

export type IndexKind = "flat" | "hnsw";

/** A passage's slot and its score: the inner product, in [-1, 1] for unit vectors. */
export interface Hit {
  readonly slot: number;
  readonly score: number;
}

/** Of each query's k nearest, side by side; a label of -1 stands for none. */
interface Found {
  readonly labels: ArrayLike<number>;
  readonly distances: ArrayLike<number>;
}

/** What our own build of the addon has (scripts/setup/faiss-addon.cc), and that of faiss-node's authors has not; vectors stand one after the other. */
interface OwnBuild {
  addVectors(index: faiss.Index, vectors: Float32Array): void;
  searchVectors(index: faiss.Index, queries: Float32Array, k: number): Found;
}

const { addVectors, searchVectors } = faiss as typeof faiss & Partial<OwnBuild>;

const FACTORY_NAME: Readonly<Record<IndexKind, string>> = { flat: "Flat", hnsw: "HNSW32" };

/**
 * Candidates that HNSW looks at. Measured on 20,000 vectors of 128 dimensions, 40 of them intrinsic: recall of the nearest 100 is
 * 0.70 with the default of 16, 0.994 with 128, 1.000 with 256 at 0.9 ms; of the nearest 1,000 0.97.
 */
const EF_SEARCH = 256;

/**
 * An index of faiss-node that knows the slots of its vectors. It never removes: `removeIds` aborts the process on HNSW.
 * FAISS throws natively where k exceeds the number of vectors. faiss-node takes plain arrays only, number by number, which
 * costs ten times what FAISS does with them.
 */
export class FaissIndex {
  readonly kind: IndexKind;
  /** Slot of each vector, by its label. */
  readonly slots: number[];
  private readonly index: faiss.Index;
  private readonly dimensions: number;
  /** Bytes that searches have lost: faiss-node never frees a query's buffer. Our own build of the addon loses none. */
  leakedBytes = 0;

  private constructor(kind: IndexKind, dimensions: number, index: faiss.Index, slots: number[]) {
    this.kind = kind;
    this.dimensions = dimensions;
    this.index = index;
    this.slots = slots;
  }

  static create(kind: IndexKind, dimensions: number): FaissIndex {
    const index = faiss.Index.fromFactory(dimensions, FACTORY_NAME[kind], faiss.MetricType.METRIC_INNER_PRODUCT);
    return new FaissIndex(kind, dimensions, kind === "hnsw" ? searchingWidely(index) : index, []);
  }

  /** Reads a file whose checksum has been checked; undefined where it holds other vectors than said. */
  static read(path: string, kind: IndexKind, dimensions: number, slots: number[]): FaissIndex | undefined {
    const index = faiss.Index.read(path);
    const fits = index.getDimension() === dimensions && index.ntotal() === slots.length;
    return fits ? new FaissIndex(kind, dimensions, index, slots) : undefined;
  }

  get size(): number {
    return this.slots.length;
  }

  add(slots: readonly number[], vectors: readonly Float32Array[]): void {
    if (addVectors === undefined) this.index.add(plain(vectors));
    else addVectors(this.index, pack(vectors));
    for (const slot of slots) this.slots.push(slot);
  }

  /** The k nearest of each query, best first; fewer where there are fewer vectors. Shape `[queries][<= k]`. */
  search(queries: readonly Float32Array[], k: number): Hit[][] {
    const width = Math.min(this.size, k);
    if (width === 0 || queries.length === 0) return queries.map(() => []);
    const { labels, distances } = searchVectors?.(this.index, pack(queries), width) ?? this.searchPlain(queries, width);
    return queries.map((_, query) => {
      const hits: Hit[] = [];
      for (let rank = query * width; rank < query * width + width; rank++) {
        const slot = this.slots[labels[rank] ?? -1];
        if (slot !== undefined) hits.push({ slot, score: distances[rank] ?? 0 });
      }
      return hits;
    });
  }

  private searchPlain(queries: readonly Float32Array[], k: number): Found {
    this.leakedBytes += queries.length * this.dimensions * Float32Array.BYTES_PER_ELEMENT;
    return this.index.search(plain(queries), k);
  }

  write(path: string): void {
    this.index.write(path);
  }
}

/** An empty index; `toBuffer` and `fromBuffer` leak its few hundred bytes. */
function searchingWidely(index: faiss.Index): faiss.Index {
  const bytes = index.toBuffer();
  setEfSearch(bytes, EF_SEARCH);
  return faiss.Index.fromBuffer(bytes);
}

function plain(vectors: readonly Float32Array[]): number[] {
  // Grown number by number it would take three times as long.
  const numbers = new Array<number>(vectors.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const vector of vectors) {
    for (let index = 0; index < vector.length; index++) numbers[next++] = vector[index]!;
  }
  return numbers;
}
