import { Bitset } from "./bitset.ts";
import type { FaissIndex } from "./faiss-index.ts";
import { addFrom, type VectorSource } from "./index-build.ts";
import type { Space } from "./protocol.ts";
import { VectorIndex } from "./vector-index.ts";

const FILL_SLICE = 256;

export interface SpaceIndexSettings {
  readonly space: Space;
  readonly flatBelow: number;
  readonly source: VectorSource;
  /** The index that a file held, if any. */
  readonly faiss: FaissIndex | undefined;
  /** Slots of all vectors that the space has in the record. */
  readonly slots: readonly number[];
}

/** The index of one space; what its file did not hold is filled in from the record. */
export class SpaceIndex {
  readonly space: Space;
  readonly index: VectorIndex;
  private readonly source: VectorSource;
  private readonly unfilled: number[];

  constructor({ space, flatBelow, source, faiss, slots }: SpaceIndexSettings) {
    const inFile = new Bitset();
    for (const slot of faiss?.slots ?? []) if (slot >= 0) inFile.add(slot);
    this.space = space;
    this.source = source;
    this.index = new VectorIndex({ dimensions: space.dimensions, flatBelow, source }, inFile, faiss);
    this.unfilled = slots.filter((slot) => !inFile.has(slot)).reverse();
  }

  /** Vectors that are still to be filled in. */
  get unfilledCount(): number {
    return this.unfilled.length;
  }

  fill(): void {
    addFrom(this.source, this.unfilled.splice(-FILL_SLICE).reverse(), this.index);
  }

  /** The record's vectors of these slots, in their order; undefined where there is none. */
  vectorsOf(slots: readonly number[]): (Float32Array | undefined)[] {
    return this.source.vectorsOf(slots);
  }
}
