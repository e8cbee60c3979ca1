import { z } from "zod";
import { DEFAULT_DENSE_WEIGHT } from "./engine/fusion.ts";

export const faissOptions = z.strictObject({
  embedder: z.string().min(1).describe("Name of the embedder, as the config has it, whose vectors are searched."),
  mode: z
    .enum(["fused", "dense", "sparse"])
    .default("fused")
    .describe("What finds passages: vectors (dense), words (sparse), or both (fused)."),
  dense_weight: z
    .number()
    .min(0)
    .max(1)
    .default(DEFAULT_DENSE_WEIGHT)
    .describe("Share of the vectors' score where both are fused; the words have the rest."),
  flat_below: z
    .int()
    .min(1)
    .default(20_000)
    .describe(
      "Passages from which the index is HNSW, which is quicker and approximate; below it is flat, which is exact.",
    ),
  retire_after_searches: z
    .int()
    .min(1)
    .default(100_000)
    .describe(
      "Searches after which the engine's process is replaced, because faiss-node leaks memory at each of them.",
    ),
});

export type FaissOptions = z.output<typeof faissOptions>;
