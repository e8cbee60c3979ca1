import { z } from "zod";
import type { Ranking } from "../../../domain/ranking.ts";
import { DEFAULT_RANKING } from "./engine/fusion.ts";

export const faissOptions = z.strictObject({
  embedder: z.string().min(1).describe("Name of the embedder, as the config has it, whose vectors are searched."),
  mode: z
    .enum(["fused", "dense", "sparse"])
    .optional()
    .describe(
      "What finds passages: vectors (dense), words (sparse), or both (fused). Where neither this nor dense_weight is set, what pharos tune has chosen for the corpus counts, else fused.",
    ),
  dense_weight: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      `Share of the vectors' score where both are fused, ${DEFAULT_RANKING.denseWeight} unless something else is chosen; the words have the rest.`,
    ),
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
    .optional()
    .describe(
      "Searches after which the engine's process is replaced. Where it is left out, that happens only with the addon that faiss-node's authors publish, which loses memory at each search: after 128 MiB.",
    ),
});

export type FaissOptions = z.output<typeof faissOptions>;

/** The ranking that the config says itself, what it leaves out being the default; undefined where it says nothing of it. */
export function configuredRanking({ mode, dense_weight: denseWeight }: FaissOptions): Ranking | undefined {
  if (mode === undefined && denseWeight === undefined) return undefined;
  return { mode: mode ?? DEFAULT_RANKING.mode, denseWeight: denseWeight ?? DEFAULT_RANKING.denseWeight };
}
