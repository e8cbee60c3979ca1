import { DataSet, type Entry } from "./data-set.ts";
import { SyntheticTexts } from "./synthetic-texts.ts";
import { SyntheticVectors } from "./synthetic-vectors.ts";

const DIMENSIONS = 384;
const PASSAGES_PER_DOCUMENT = 8;
const QUERIES = 500;
const SEED = 20261126;

/** Passages and queries that are alike in how they lie, the same for the same size. */
export function writeSynthetic(directory: string, size: number, queries = QUERIES): DataSet {
  const vectors = new SyntheticVectors(DIMENSIONS, SEED);
  const texts = new SyntheticTexts(SEED);
  const next = (): Entry => ({ text: texts.next(), vector: vectors.next() });
  const asked = Array.from({ length: queries }, next);
  const passages = (function* () {
    for (let count = 0; count < size; count++) yield next();
  })();
  const head = { name: "", dimensions: DIMENSIONS, passagesPerDocument: PASSAGES_PER_DOCUMENT };
  return DataSet.write(directory, head, passages, asked);
}
