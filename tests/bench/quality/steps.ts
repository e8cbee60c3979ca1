import { basename } from "node:path";
import type { Hit } from "../../../adapters/outbound/faiss/engine/faiss-index.ts";
import { fuseWithFeedback } from "../../../adapters/outbound/faiss/engine/feedback.ts";
import { FUSION_CANDIDATES, fuse } from "../../../adapters/outbound/faiss/engine/fusion.ts";
import type { LexicalIndex } from "../../../adapters/outbound/faiss/engine/lexical-index.ts";
import { countQueryTerms } from "../../../adapters/outbound/faiss/engine/passage-terms.ts";
import { TopHits } from "../../../adapters/outbound/faiss/engine/top-hits.ts";
import { fitModel } from "../../../adapters/outbound/lsa/fit.ts";
import type { LsaModel } from "../../../adapters/outbound/lsa/model.ts";
import { ndcgAt } from "../../../application/retrieval-metrics.ts";
import { analyze } from "../../../domain/text/analyzer.ts";
import { lexicalIndexOf } from "./lexical-index.ts";
import { type ChunkedCollection, type CollectionPassage, chunkedCollection } from "./passages.ts";

/** Prints what each step of the default ranking is worth on judged collections: `node steps.ts DIR...`. */

const DIMENSIONS = 128;
const MAX_SAMPLE = 8_192;
const MAX_TERMS = 65_536;

/** A sample as fair as the product's: every so many passages. */
function modelOf(passages: readonly CollectionPassage[], dimensions: number, share = 1): LsaModel {
  const sampled = passages.filter((_, index) => Math.floor((index + 1) * share) > Math.floor(index * share));
  const texts = sampled.slice(0, MAX_SAMPLE).map(({ searchText }) => searchText);
  return fitModel(texts, { dimensions, maxTerms: MAX_TERMS });
}

class Vectors {
  private readonly model: LsaModel;
  private readonly vectors: readonly Float32Array[];

  constructor(model: LsaModel, passages: readonly CollectionPassage[]) {
    this.model = model;
    this.vectors = passages.map(({ searchText }) => model.embed(searchText));
  }

  /** The query's vector, and the passages nearest to it. */
  nearest(text: string): { readonly query: Float32Array; readonly hits: readonly Hit[] } {
    const query = this.model.embed(text);
    const best = new TopHits(FUSION_CANDIDATES);
    if (query.every((number) => number === 0)) return { query, hits: [] };
    for (const [slot, vector] of this.vectors.entries()) {
      best.offer(
        slot,
        vector.reduce((sum, number, index) => sum + number * (query[index] ?? 0), 0),
      );
    }
    return { query, hits: best.sorted() };
  }

  readonly vectorsOf = (slots: readonly number[]) => slots.map((slot) => this.vectors[slot]);
}

type Ranking = (text: string) => readonly Hit[];

function stepsOf({ passages }: ChunkedCollection): readonly (readonly [name: string, ranking: Ranking])[] {
  const limit = FUSION_CANDIDATES;
  const lexical = lexicalIndexOf(passages);
  const plain = lexicalIndexOf(passages, 1);
  const words =
    (index: LexicalIndex): Ranking =>
    (text) =>
      index.search(countQueryTerms(analyze(text)), limit);
  const fused =
    (vectors: Vectors, withFeedback: boolean): Ranking =>
    (text) => {
      const { query, hits } = vectors.nearest(text);
      const sparse = words(lexical)(text);
      if (!withFeedback) return fuse(sparse, hits, { limit });
      return fuseWithFeedback(sparse, hits, { query, vectorsOf: vectors.vectorsOf, limit });
    };
  const vectors = new Vectors(modelOf(passages, DIMENSIONS), passages);
  const other = (dimensions: number, share?: number) =>
    fused(new Vectors(modelOf(passages, dimensions, share), passages), true);
  return [
    ["BM25, title once", words(plain)],
    ["BM25, title three times", words(lexical)],
    ["+ LSA", fused(vectors, false)],
    ["+ feedback: the default", fused(vectors, true)],
    ["the default with 64 dimensions", other(64)],
    ["the default with 256 dimensions", other(256)],
    ["the default, learned on 83 %", other(DIMENSIONS, 1 / 1.2)],
    ["the default, learned on 67 %", other(DIMENSIONS, 1 / 1.5)],
  ];
}

function meanNdcg({ passages, queries }: ChunkedCollection, ranking: Ranking): number {
  const sum = queries.reduce((total, { text, judgements }) => {
    const documents = ranking(text).map(({ slot }) => passages[slot]?.documentId ?? "");
    return total + ndcgAt(10, [...new Set(documents)], judgements);
  }, 0);
  return sum / queries.length;
}

const rows = new Map<string, string[]>();
const directories = process.argv.slice(2);
for (const directory of directories) {
  const collection = await chunkedCollection(directory);
  for (const [name, ranking] of stepsOf(collection)) {
    rows.set(name, [...(rows.get(name) ?? []), meanNdcg(collection, ranking).toFixed(3)]);
  }
}
const lines = [
  ["nDCG@10", ...directories.map((directory) => basename(directory))],
  ["---", ...directories.map(() => "---:")],
  ...[...rows].map(([name, cells]) => [name, ...cells]),
];
process.stdout.write(`${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`);
