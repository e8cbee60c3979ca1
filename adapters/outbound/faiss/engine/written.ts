import type { Metadata, Readers } from "../../../../domain/document.ts";

/** What one put has written, as memory takes it in: nothing of it need be read back. */
export interface Written {
  readonly documents: { readonly number: number; readonly metadata: Metadata; readonly readers?: Readers }[];
  /** In the order of their numbers, which are higher than those of before; terms as the record keeps them. */
  readonly passages: { readonly number: number; readonly document: number; readonly terms: Uint8Array }[];
  /** Vectors of these passages, all of one space, in the order of their numbers. */
  readonly vectors: {
    readonly space: number;
    readonly number: number;
    readonly passage: number;
    readonly vector: Float32Array;
  }[];
  /** Numbers of the passages that were removed. */
  readonly removed: number[];
}

/** The same once it is committed, with what the record then said of itself. */
export interface Committed extends Written {
  readonly generation: number;
  readonly revision: number;
}

export function nothingWritten(): Written {
  return { documents: [], passages: [], vectors: [], removed: [] };
}
