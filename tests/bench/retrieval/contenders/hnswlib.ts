import { loadPeer } from "../../peers.ts";
import type { Contender, Setting } from "../contender.ts";

interface HierarchicalNSW {
  initIndex(maxElements: number, m: number, efConstruction: number, seed: number): void;
  addPoint(vector: number[], label: number): void;
  setEf(ef: number): void;
  searchKnn(query: number[], k: number): { readonly neighbors: number[] };
}

interface HnswlibModule {
  readonly default: { readonly HierarchicalNSW: new (space: "ip", dimensions: number) => HierarchicalNSW };
}

/** The settings that hnswlib-node's README shows; `ef` such that recall is near to that of the others. */
const M = 16;
const EF_CONSTRUCTION = 200;
const EF = 128;
const SEED = 100;

/** An index in memory that gives numbers of vectors; it has no documents. */
export async function openHnswlib({ dimensions, size }: Setting): Promise<Contender> {
  const { HierarchicalNSW } = (await loadPeer<HnswlibModule>("hnswlib-node")).default;
  const index = new HierarchicalNSW("ip", dimensions);
  index.initIndex(size, M, EF_CONSTRUCTION, SEED);
  index.setEf(EF);
  return {
    isDurable: false,
    takesLists: true,
    add: async ({ first, lists }) => {
      for (const [position, list] of lists.entries()) index.addPoint(list, first + position);
    },
    search: async ({ list }, topK) => index.searchKnn(list, topK).neighbors,
  };
}
