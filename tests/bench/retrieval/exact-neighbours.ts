import faiss from "faiss-node";
import type { DataSet } from "./data-set.ts";

const BLOCK = 20_000;

/** Numbers of the passages nearest to each query by inner product, best first: every passage is compared. */
export function exactNeighbours(dataSet: DataSet, topK: number): readonly (readonly number[])[] {
  const queries = dataSet.queries.flatMap(({ list }) => list);
  let best: { readonly number: number; readonly score: number }[][] = dataSet.queries.map(() => []);
  for (let first = 0; first < dataSet.size; first += BLOCK) {
    const count = Math.min(BLOCK, dataSet.size - first);
    const index = new faiss.IndexFlatIP(dataSet.head.dimensions);
    index.add(dataSet.vectors(first, count).flatMap((vector) => [...vector]));
    const width = Math.min(topK, count);
    const { labels, distances } = index.search(queries, width);
    best = best.map((known, query) => {
      const found = labels.slice(query * width, (query + 1) * width).map((label, rank) => ({
        number: first + label,
        score: distances[query * width + rank] ?? 0,
      }));
      return [...known, ...found].sort((one, other) => other.score - one.score).slice(0, topK);
    });
  }
  return best.map((hits) => hits.map(({ number }) => number));
}

/** Share of the exact neighbours that were found. */
export function recall(found: readonly (readonly number[])[], exact: readonly (readonly number[])[]): number {
  const hits = exact.map((numbers, query) => numbers.filter((number) => found[query]?.includes(number)).length);
  const wanted = exact.reduce((sum, { length }) => sum + length, 0);
  return hits.reduce((sum, count) => sum + count, 0) / wanted;
}
