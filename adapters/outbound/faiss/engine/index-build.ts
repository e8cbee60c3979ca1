import type { FaissIndex } from "./faiss-index.ts";

/** The record's vectors, which the index is made from. */
export interface VectorSource {
  /** Vectors of these slots in the index's space, in their order; undefined where there is none. */
  vectorsOf(slots: readonly number[]): (Float32Array | undefined)[];
}

/** An index in the making, from the record's vectors, while another one answers. */
export class IndexBuild {
  /** Vectors that go into an index in one step: a few milliseconds of HNSW. */
  static readonly SLICE = 32;
  readonly index: FaissIndex;
  private readonly todo: number[];
  private next = 0;

  constructor(index: FaissIndex, slots: readonly number[]) {
    this.index = index;
    this.todo = [...slots];
  }

  get done(): boolean {
    return this.next >= this.todo.length;
  }

  /** These slots came while the index is being made. */
  expect(slots: readonly number[]): void {
    for (const slot of slots) this.todo.push(slot);
  }

  /** Adds the next slice; slots that went away meanwhile are left out. */
  work(holds: (slot: number) => boolean, source: VectorSource): void {
    addFrom(source, this.todo.slice(this.next, this.next + IndexBuild.SLICE).filter(holds), this.index);
    this.next += IndexBuild.SLICE;
  }
}

/** Adds the record's vectors of these slots; those that are not there are left out. */
export function addFrom(source: VectorSource, wanted: readonly number[], index: Pick<FaissIndex, "add">): void {
  const slots: number[] = [];
  const vectors: Float32Array[] = [];
  for (const [position, vector] of source.vectorsOf(wanted).entries()) {
    if (vector === undefined) continue;
    slots.push(wanted[position] ?? 0);
    vectors.push(vector);
  }
  if (slots.length > 0) index.add(slots, vectors);
}
