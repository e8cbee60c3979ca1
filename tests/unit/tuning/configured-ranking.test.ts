import { expect, it } from "vitest";
import { configuredRanking, faissOptions } from "../../../adapters/outbound/faiss/options.ts";

it.each([
  [{}, undefined],
  [{ mode: "sparse" }, { mode: "sparse", denseWeight: 0.25 }],
  [{ dense_weight: 0.6 }, { mode: "fused", denseWeight: 0.6 }],
  [
    { mode: "dense", dense_weight: 0.6 },
    { mode: "dense", denseWeight: 0.6 },
  ],
])("the options %j of a FAISS search say the ranking %j", (options, ranking) => {
  expect(configuredRanking(faissOptions.parse({ embedder: "lsa", ...options }))).toEqual(ranking);
});
