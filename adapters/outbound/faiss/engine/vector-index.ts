import type { Bitset } from "./bitset.ts";
import { FaissIndex, type Hit, type IndexKind } from "./faiss-index.ts";
import { IndexBuild, type VectorSource } from "./index-build.ts";
import { TopHits } from "./top-hits.ts";
import { VectorSet } from "./vector-set.ts";

export interface VectorIndexSettings {
  readonly dimensions: number;
  readonly flatBelow: number;
  readonly source: VectorSource;
}

/** Eligible vectors up to which reading them all is quicker than asking HNSW for more and more neighbours. */
const EXACT_SCAN_UP_TO = 1_000;
/** How much more is asked for than would do if eligible vectors were everywhere, and how much more each time that is too few. */
const MARGIN = 1.2;
const GROWTH = 4;
/** Neighbours that HNSW finds well; past it reading all eligible vectors is better, and these are few then. */
const HNSW_MOST_K = 2_048;
/** Vectors waiting for a slow index; past it, adding does a slice of the index's work itself. */
const MAX_WAITING = 4_096;
const SCAN_SLICE = 256;

/**
 * Vectors by slot. What FAISS is slow at (adding to HNSW) or cannot do (removing) waits for `work`: new vectors are scanned
 * until they are folded in, removed ones are skipped until the index is built anew. A search sees every change at once.
 */
export class VectorIndex {
  readonly dimensions: number;
  private readonly flatBelow: number;
  private readonly source: VectorSource;
  /** Slots whose vectors can be found. */
  private readonly slots: Bitset;
  private readonly waiting: VectorSet;
  private faiss: FaissIndex;
  private build: IndexBuild | undefined;
  private lostBytes = 0;
  /** Vectors added or removed since the index was last written to a file. */
  unsaved = 0;

  /** Starts from an index that was read from a file, where there is one; `slots` are those of its vectors that are not removed. */
  constructor(settings: VectorIndexSettings, slots: Bitset, faiss = FaissIndex.create("flat", settings.dimensions)) {
    this.dimensions = settings.dimensions;
    this.flatBelow = settings.flatBelow;
    this.source = settings.source;
    this.slots = slots;
    this.waiting = new VectorSet(settings.dimensions);
    this.faiss = faiss;
  }

  get size(): number {
    return this.slots.count;
  }

  get kind(): IndexKind {
    return this.faiss.kind;
  }

  get leakedBytes(): number {
    return this.lostBytes + this.faiss.leakedBytes;
  }

  /** The index as it can be written to a file: without what waits, with what was removed. */
  get snapshot(): FaissIndex {
    return this.faiss;
  }

  /** Adds vectors of new slots. A vector of zeros is near to nothing and stays out. */
  add(slots: readonly number[], vectors: readonly Float32Array[]): void {
    const [keptSlots, kept]: [number[], Float32Array[]] = [[], []];
    for (const [index, vector] of vectors.entries()) {
      if (vector.every((number) => number === 0)) continue;
      keptSlots.push(slots[index]!);
      kept.push(vector);
    }
    if (kept.length === 0) return;
    for (const slot of keptSlots) this.slots.add(slot);
    this.unsaved += kept.length;
    this.build?.expect(keptSlots);
    if (this.faiss.kind === "flat") {
      this.faiss.add(keptSlots, kept);
    } else {
      for (const [index, slot] of keptSlots.entries()) this.waiting.add(slot, kept[index]!);
      while (this.waiting.size > MAX_WAITING) this.work();
    }
  }

  remove(slot: number): void {
    if (!this.slots.has(slot)) return;
    this.slots.delete(slot);
    this.waiting.delete(slot);
    this.unsaved += 1;
  }

  /**
   * The k nearest of each query among the slots allowed (all where undefined), best first, equal ones by slot.
   * Exact where the index is flat; never fewer than there are. Shape `[queries][<= k]`.
   */
  search(queries: readonly Float32Array[], k: number, allowed?: Bitset): Hit[][] {
    const eligible = allowed === undefined ? this.slots : this.slots.intersection(allowed);
    const wanted = Math.min(k, eligible.count);
    if (wanted === 0) return queries.map(() => []);
    const share = Math.min(1, eligible.count / Math.max(1, this.faiss.size));
    const width = Math.min(this.faiss.size, Math.ceil((wanted / share) * (share < 1 ? MARGIN : 1)));
    const areFew = allowed !== undefined && eligible.count <= EXACT_SCAN_UP_TO;
    if (this.kind === "hnsw" && (areFew || width > HNSW_MOST_K)) {
      return queries.map((query) => this.scan(query, wanted, eligible));
    }
    const found = this.faiss.search(queries, width);
    return queries.map((query, index) => this.widen(query, wanted, eligible, found[index] ?? [], width));
  }

  /** Whether `work` has something to do. */
  get busy(): boolean {
    return this.build !== undefined || this.waiting.size > 0 || this.wantsBuild();
  }

  /** Does a slice of a few milliseconds of what waits. */
  work(): void {
    if (this.build === undefined && this.wantsBuild()) {
      const kind = this.size >= this.flatBelow ? "hnsw" : "flat";
      this.build = new IndexBuild(FaissIndex.create(kind, this.dimensions), [...this.slots]);
    }
    if (this.build === undefined) {
      const { slots, vectors } = this.waiting.take(IndexBuild.SLICE);
      if (slots.length > 0) this.faiss.add(slots, vectors);
      return;
    }
    this.build.work((slot) => this.slots.has(slot), this.source);
    if (!this.build.done) return;
    this.lostBytes += this.faiss.leakedBytes;
    this.unsaved = Math.max(this.unsaved, this.size, 1);
    this.faiss = this.build.index;
    this.build = undefined;
    this.waiting.clear();
  }

  private wantsBuild(): boolean {
    const dead = this.faiss.size + this.waiting.size - this.size;
    const outgrown = this.kind === "flat" && this.size >= this.flatBelow;
    return outgrown || (dead > 256 && dead > this.faiss.size / 4);
  }

  /** Asks FAISS for more until it has given enough eligible ones; reads all of them where it will not. */
  private widen(query: Float32Array, wanted: number, eligible: Bitset, first: readonly Hit[], width: number): Hit[] {
    const best = new TopHits(wanted);
    let outside = 0;
    this.waiting.scan(query, (slot, score) => {
      if (!eligible.has(slot)) return;
      best.offer(slot, score);
      outside += 1;
    });
    const needed = Math.min(wanted, eligible.count - outside);
    const most = this.kind === "hnsw" ? Math.min(this.faiss.size, HNSW_MOST_K) : this.faiss.size;
    for (let hits = first, k = width; ; ) {
      const fitting = hits.filter(({ slot }) => eligible.has(slot));
      if (fitting.length >= needed) {
        for (const { slot, score } of fitting) best.offer(slot, score);
        return best.sorted();
      }
      if (k >= most) return this.scan(query, wanted, eligible);
      k = Math.min(most, k * GROWTH);
      hits = this.faiss.search([query], k)[0] ?? [];
    }
  }

  private scan(query: Float32Array, wanted: number, eligible: Bitset): Hit[] {
    const best = new TopHits(wanted);
    const slots = [...eligible];
    for (let start = 0; start < slots.length; start += SCAN_SLICE) {
      const slice = slots.slice(start, start + SCAN_SLICE);
      for (const [index, vector] of this.source.vectorsOf(slice).entries()) {
        if (vector !== undefined) best.offer(slice[index] ?? 0, innerProduct(query, vector));
      }
    }
    return best.sorted();
  }
}

function innerProduct(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}
