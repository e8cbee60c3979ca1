import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const FAISS = fileURLToPath(new URL("../../node_modules/faiss-node", import.meta.url));

// In a process of its own, as the service does it: the addon must not be loaded in two threads of one process.
const PROGRAM = `
const {
  Index,
  MetricType,
  addVectors = (index, vectors) => index.add([...vectors]),
  searchVectors = (index, queries, k) => index.search([...queries], k),
} = require(process.argv[2]);
const file = process.argv[3];
const dimensions = 8;
const vectorOf = (number) => Array.from({ length: dimensions }, (_, place) => Math.sin(number * (place + 1)));
const plainly = ({ labels, distances }) => ({ labels: [...labels], distances: [...distances] });
const answers = {};
for (const kind of ["Flat", "HNSW16"]) {
  const index = Index.fromFactory(dimensions, kind, MetricType.METRIC_INNER_PRODUCT);
  const numbers = Array.from({ length: 100 }, (_, number) => number + 1);
  const unit = (vector) => vector.map((value) => value / Math.hypot(...vector));
  const vectors = numbers.flatMap((number) => unit(vectorOf(number)));
  index.add(vectors);
  index.write(file + kind);
  const again = Index.read(file + kind);
  const packed = Index.fromFactory(dimensions, kind, MetricType.METRIC_INNER_PRODUCT);
  addVectors(packed, Float32Array.from(vectors).subarray(0, 40 * dimensions));
  addVectors(packed, Float32Array.from(vectors).subarray(40 * dimensions));
  answers[kind] = {
    total: index.ntotal(),
    nearest: index.search(vectors, 1).labels,
    one: index.search(unit(vectorOf(7)), 3),
    onePacked: packed.search(unit(vectorOf(7)), 3),
    oneByTyped: plainly(searchVectors(index, Float32Array.from(unit(vectorOf(7))), 3)),
    nearestByTyped: plainly(searchVectors(index, Float32Array.from(vectors), 1)).labels,
    oneReadAgain: again.search(unit(vectorOf(7)), 3),
    nearestReadAgain: again.search(vectors, 1).labels,
  };
}
process.send(answers, () => process.disconnect());
`;

interface Answer {
  readonly total: number;
  readonly nearest: readonly number[];
  readonly one: { readonly labels: readonly number[]; readonly distances: readonly number[] };
  readonly onePacked: Answer["one"];
  readonly oneByTyped: Answer["one"];
  readonly nearestByTyped: readonly number[];
  readonly oneReadAgain: Answer["one"];
  readonly nearestReadAgain: readonly number[];
}

describe("the FAISS addon on this runtime", () => {
  it.each(["Flat", "HNSW16"])("adds, searches, writes and reads a %s index", async (kind) => {
    const folder = await temporaryFolder();
    const program = join(folder, "program.cjs");
    await writeFile(program, PROGRAM);
    const child = fork(program, [FAISS, join(folder, "index-")]);
    const [[answers]] = await Promise.all([once(child, "message"), once(child, "exit")]);
    const answer: Answer = answers[kind];
    const everyone = Array.from({ length: 100 }, (_, place) => place);
    expect(answer.total).toBe(100);
    // A hundred queries at once go through BLAS where the index is flat.
    expect(answer.nearest).toEqual(everyone);
    expect(answer.one.labels[0]).toBe(6);
    expect(answer.one.distances[0]).toBeCloseTo(1, 5);
    expect(answer.one.distances.toSorted((a, b) => b - a)).toEqual(answer.one.distances);
    expect(answer.onePacked).toEqual(answer.one);
    expect(answer.oneByTyped).toEqual(answer.one);
    expect(answer.nearestByTyped).toEqual(everyone);
    expect(answer.oneReadAgain).toEqual(answer.one);
    expect(answer.nearestReadAgain).toEqual(everyone);
  });
});
