import { Bitset } from "./bitset.ts";
import { FaissIndex } from "./faiss-index.ts";

/** Vectors of one part: a scan of some tenths of a millisecond, and what is freed at once when all of them have been taken. */
const PART = 8_192;

/**
 * Vectors that HNSW does not hold yet, in flat indexes that find them exactly meanwhile. A part goes once all of its
 * vectors have been taken; until then it holds those that were taken, too.
 */
export class RecentVectors {
  /** Oldest first. */
  readonly parts: FaissIndex[] = [];
  /** Slots of all vectors of the parts. */
  readonly slots = new Bitset();
  private readonly dimensions: number;
  /** Vectors of the oldest part that were taken. */
  private taken = 0;
  private lostBytes = 0;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  /** Vectors that were not taken yet. */
  get size(): number {
    return this.slots.count - this.taken;
  }

  get leakedBytes(): number {
    return this.parts.reduce((sum, part) => sum + part.leakedBytes, this.lostBytes);
  }

  add(slots: readonly number[], vectors: readonly Float32Array[]): void {
    let part = this.parts.at(-1);
    if (part === undefined || part.size >= PART) {
      part = FaissIndex.create("flat", this.dimensions);
      this.parts.push(part);
    }
    part.add(slots, vectors);
    for (const slot of slots) this.slots.add(slot);
  }

  /** Takes the slots of the oldest vectors, at most so many; [] where there are none. */
  take(limit: number): readonly number[] {
    const [oldest] = this.parts;
    if (oldest === undefined) return [];
    const slots = oldest.slots.slice(this.taken, this.taken + limit);
    this.taken += slots.length;
    if (this.taken === oldest.size) this.drop(oldest);
    return slots;
  }

  clear(): void {
    while (this.parts[0] !== undefined) this.drop(this.parts[0]);
  }

  /** Lets the oldest part go. */
  private drop(oldest: FaissIndex): void {
    for (const slot of oldest.slots) this.slots.delete(slot);
    this.lostBytes += oldest.leakedBytes;
    this.parts.shift();
    this.taken = 0;
  }
}
