import type { Language } from "../../../domain/text/language.ts";

/** Passages that are given to a contender at once, with the vectors that an embedder would give for them. */
export interface Batch {
  /** Number of the first passage; the others follow. */
  readonly first: number;
  readonly texts: readonly string[];
  /** Of each passage, as whoever cuts documents into passages tells it of them. */
  readonly languages: readonly Language[];
  readonly vectors: readonly Float32Array[];
  /** The same vectors as plain numbers for those who take no others, else []: millions of numbers are work for the garbage collector. */
  readonly lists: readonly number[][];
}

export interface Query {
  readonly text: string;
  readonly vector: Float32Array;
  readonly list: number[];
}

export interface Setting {
  readonly dimensions: number;
  /** Passages that will be added. */
  readonly size: number;
  /** Passages of one document; a batch holds whole documents. */
  readonly passagesPerDocument: number;
  /** A folder of the contender's own. */
  readonly directory: string;
  readonly queries: readonly Query[];
}

/** A store of vectors as its users call it. */
export interface Contender {
  /** Whether what `add` has acknowledged is on disk; who waits for it may add more meanwhile. The others work on the caller's event loop alone. */
  readonly isDurable: boolean;
  /** Whether it takes vectors as plain numbers alone. */
  readonly takesLists: boolean;
  /** Adds passages; resolves once they can be found. */
  add(batch: Batch): Promise<void>;
  /** Writes to disk what was added; absent where `add` has done so, or where the contender is not asked to. */
  save?(): Promise<void>;
  /** Waits for the work that a durable `add` has left for later. */
  settle?(): Promise<void>;
  /** Numbers of the nearest passages, best first. */
  search(query: Query, topK: number): Promise<readonly number[]>;
  close?(): Promise<void>;
}

/** Ways to open each contender, by the name that the tables show; the first is the one that the others are compared with. */
export const CONTENDERS: Readonly<Record<string, (setting: Setting) => Promise<Contender>>> = {
  Pharos: async (setting) => (await import("./contenders/pharos.ts")).openPharos(setting),
  "LangChain.js FaissStore": async (setting) => (await import("./contenders/faiss-store.ts")).openFaissStore(setting),
  "hnswlib-node": async (setting) => (await import("./contenders/hnswlib.ts")).openHnswlib(setting),
  usearch: async (setting) => (await import("./contenders/usearch.ts")).openUsearch(setting),
};
