import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { innerProduct } from "../support/vectors.ts";
import type { DataSet } from "./retrieval/data-set.ts";
import { exactNeighbours } from "./retrieval/exact-neighbours.ts";
import { longRunTable, searchAtLength } from "./retrieval/long-run.ts";
import { measure, TOP_K } from "./retrieval/measure.ts";
import { writeSynthetic } from "./retrieval/synthetic.ts";
import { tablesOf } from "./retrieval/tables.ts";

const SIZE = 3_000;
const QUERIES = 20;
const quietly = () => undefined;

/** Numbers of the nearest passages, each compared in plain TypeScript. */
function nearest(dataSet: DataSet, query: Float32Array): readonly number[] {
  const scores = dataSet
    .vectors(0, dataSet.size)
    .map((vector, number) => ({ number, score: innerProduct(query, vector) }));
  const best = scores.sort((one, other) => other.score - one.score).slice(0, TOP_K);
  return best.map(({ number }) => number);
}

describe("bench:retrieval in short", () => {
  it("takes for exact neighbours those that comparing everything finds", async () => {
    const dataSet = writeSynthetic(await temporaryFolder(), SIZE, QUERIES);
    const exact = exactNeighbours(dataSet, TOP_K);
    expect(exact).toEqual(dataSet.queries.map(({ vector }) => nearest(dataSet, vector)));
  });

  it("finds through Pharos what is exactly nearest, and shows it in the columns of its tables", async () => {
    const dataSet = writeSynthetic(await temporaryFolder(), SIZE, QUERIES);
    const effort = { builds: 2, rounds: 1, sliceMs: 200, saves: 0 };
    const contenders = await measure(dataSet, ["Pharos"], effort, quietly);
    expect(contenders.map(({ name, recall }) => [name, recall])).toEqual([["Pharos", 1]]);
    for (const language of ["en", "zh"] as const) {
      const lines = tablesOf({ ...dataSet.head, size: SIZE, contenders }, language).split("\n");
      const columns = lines.filter((line) => line.startsWith("|")).map((line) => line.split("|").length - 2);
      expect(columns).toEqual([7, 7, 7, 4, 4, 4, 5, 5]);
    }
  });

  it("counts the memory of the service and its engine over many searches", async () => {
    const dataSet = writeSynthetic(await temporaryFolder(), 500, QUERIES);
    const marks = await searchAtLength(dataSet, 1_000, quietly);
    expect(marks.map(({ searches }) => searches)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
    for (const { residentBytes } of marks) expect(residentBytes).toBeGreaterThan(20_000_000);
    expect(longRunTable(marks, "en").split("\n")).toHaveLength(12);
  });
});
