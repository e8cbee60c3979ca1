import type { Bitset } from "./bitset.ts";
import { FaissIndex, type Hit, type IndexKind } from "./faiss-index.ts";
import { addFrom, IndexBuild, type VectorSource } from "./index-build.ts";
import { RecentVectors } from "./recent-vectors.ts";
import { TopHits } from "./top-hits.ts";

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
/** As many vectors may wait for HNSW as it holds, once it is there, and at least so many; past it, adding does slices of its work itself. */
const MAY_WAIT = 16_384;
const SCAN_SLICE = 256;

/** An index that is searched, and what may be found in it. */
interface Part {
  readonly index: FaissIndex;
  readonly eligible: Bitset;
  /** How many of the index's vectors are eligible. */
  readonly count: number;
}

/**
 * Vectors by slot. What FAISS is slow at (adding to HNSW) or cannot do (removing) waits for `work`: new vectors are in flat
 * indexes until they are folded in, removed ones are skipped until the index is built anew. A search sees every change at once.
 */
export class VectorIndex {
  readonly dimensions: number;
  private readonly flatBelow: number;
  private readonly source: VectorSource;
  /** Slots whose vectors can be found. */
  private readonly slots: Bitset;
  private readonly recent: RecentVectors;
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
    this.recent = new RecentVectors(settings.dimensions);
    this.faiss = faiss;
  }

  get size(): number {
    return this.slots.count;
  }

  get kind(): IndexKind {
    return this.faiss.kind;
  }

  get leakedBytes(): number {
    return this.lostBytes + this.faiss.leakedBytes + this.recent.leakedBytes;
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
    // A flat index that is to become HNSW grows no more: FAISS copies all of it each time that its room is full.
    if (this.kind === "flat" && this.size < this.flatBelow) {
      this.faiss.add(keptSlots, kept);
      return;
    }
    this.recent.add(keptSlots, kept);
    while (this.kind === "hnsw" && this.recent.size > Math.max(MAY_WAIT, this.faiss.size)) this.work();
  }

  remove(slot: number): void {
    if (!this.slots.has(slot)) return;
    this.slots.delete(slot);
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
    const best = queries.map(() => new TopHits(wanted));
    for (const part of this.parts(eligible)) {
      for (const [query, hits] of this.nearest(part, queries, wanted, allowed !== undefined).entries()) {
        for (const { slot, score } of hits) best[query]?.offer(slot, score);
      }
    }
    return best.map((hits) => hits.sorted());
  }

  /** Whether `work` has something to do. */
  get busy(): boolean {
    return this.build !== undefined || this.recent.size > 0 || this.wantsBuild();
  }

  /** Does a slice of a few milliseconds of what waits. */
  work(): void {
    if (this.build === undefined && this.wantsBuild()) {
      const kind = this.size >= this.flatBelow ? "hnsw" : "flat";
      this.build = new IndexBuild(FaissIndex.create(kind, this.dimensions), [...this.slots]);
    }
    if (this.build === undefined) {
      const slots = this.recent.take(IndexBuild.SLICE).filter((slot) => this.slots.has(slot));
      addFrom(this.source, slots, this.faiss);
      return;
    }
    this.build.work((slot) => this.slots.has(slot), this.source);
    if (!this.build.done) return;
    this.lostBytes += this.faiss.leakedBytes;
    this.unsaved = Math.max(this.unsaved, this.size, 1);
    this.faiss = this.build.index;
    this.build = undefined;
    this.recent.clear();
  }

  private wantsBuild(): boolean {
    const dead = this.faiss.size + this.recent.size - this.size;
    const outgrown = this.kind === "flat" && this.size >= this.flatBelow;
    return outgrown || (dead > 256 && dead > this.faiss.size / 4);
  }

  /** The indexes that are searched together; each vector is to be found in one of them alone. */
  private parts(eligible: Bitset): readonly Part[] {
    const { recent, faiss } = this;
    const settled = recent.parts.length === 0 ? eligible : eligible.without(recent.slots);
    const parts = recent.parts.map((index) => ({ index, eligible, count: countOf(index.slots, eligible) }));
    return [{ index: faiss, eligible: settled, count: settled.count }, ...parts];
  }

  /** At least the `wanted` nearest of each query in one part, or all that are eligible, in no order. */
  private nearest(
    part: Part,
    queries: readonly Float32Array[],
    wanted: number,
    isFiltered: boolean,
  ): (readonly Hit[])[] {
    const { index, eligible, count } = part;
    const needed = Math.min(wanted, count);
    if (needed === 0) return queries.map(() => []);
    const share = Math.min(1, count / Math.max(1, index.size));
    const width = Math.min(index.size, Math.ceil((needed / share) * (share < 1 ? MARGIN : 1)));
    const areFew = isFiltered && count <= EXACT_SCAN_UP_TO;
    if (index.kind === "hnsw" && (areFew || width > HNSW_MOST_K)) {
      return queries.map((query) => this.scan(query, needed, eligible));
    }
    const found = index.search(queries, width);
    return queries.map((query, position) => this.widen(part, query, needed, found[position] ?? [], width));
  }

  /** Asks FAISS for more until it has given enough eligible ones; reads all of them where it will not. */
  private widen({ index, eligible }: Part, query: Float32Array, needed: number, first: readonly Hit[], width: number) {
    const most = index.kind === "hnsw" ? Math.min(index.size, HNSW_MOST_K) : index.size;
    for (let hits = first, k = width; ; ) {
      const fitting = hits.filter(({ slot }) => eligible.has(slot));
      if (fitting.length >= needed) return fitting;
      if (k >= most) return this.scan(query, needed, eligible);
      k = Math.min(most, k * GROWTH);
      hits = index.search([query], k)[0] ?? [];
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

function countOf(slots: readonly number[], among: Bitset): number {
  let count = 0;
  for (const slot of slots) if (among.has(slot)) count += 1;
  return count;
}

function innerProduct(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}
