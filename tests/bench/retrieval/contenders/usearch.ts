import { loadPeer } from "../../peers.ts";
import type { Contender, Setting } from "../contender.ts";

interface Index {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(vector: Float32Array, k: number, threads: number): { readonly keys: BigUint64Array };
}

interface UsearchModule {
  readonly default: { readonly Index: new (settings: object) => Index };
}

const SETTINGS = { metric: "ip", connectivity: 16, expansion_add: 128, expansion_search: 128 };
/** As many threads as there are cores. */
const ALL = 0;

/** An index in memory that gives numbers of vectors; it has no documents. */
export async function openUsearch({ dimensions }: Setting): Promise<Contender> {
  const { Index } = (await loadPeer<UsearchModule>("usearch")).default;
  const index = new Index({ ...SETTINGS, dimensions });
  return {
    isDurable: false,
    takesLists: false,
    add: async ({ first, vectors }) => {
      const packed = new Float32Array(vectors.length * dimensions);
      for (const [position, vector] of vectors.entries()) packed.set(vector, position * dimensions);
      const keys = BigUint64Array.from(vectors, (_, position) => BigInt(first + position));
      index.add(keys, packed, ALL);
    },
    search: async ({ vector }, topK) => Array.from(index.search(vector, topK, 1).keys, Number),
  };
}
