import faiss from "faiss-node";
import { expect, it } from "vitest";
import { innerProduct, randomNumbers, randomVector } from "../support/vectors.ts";

it.each([1, 2, 15, 16, 31, 32, 33, 64, 100, 384, 1_025])(
  "the addon's inner product of %i dimensions is the sum of the products",
  (dimensions) => {
    const random = randomNumbers(dimensions);
    const vectors = Array.from({ length: 10 }, () => randomVector(random, dimensions));
    const query = randomVector(random, dimensions);
    const index = new faiss.IndexFlatIP(dimensions);
    for (const vector of vectors) index.add([...vector]);
    const { labels, distances } = index.search([...query], vectors.length);
    for (const [rank, label] of labels.entries()) {
      expect(distances[rank]).toBeCloseTo(innerProduct(query, vectors[label]!), 5);
    }
  },
);
