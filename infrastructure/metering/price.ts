import type { Usage } from "../../domain/answer.ts";
import type { ModelEntry } from "../config/load.ts";

export type Price = NonNullable<ModelEntry["price"]>;

const MILLION = 1_000_000;

/** US dollars that the tokens cost. */
export function costOf(usage: Usage, price: Price): number {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens = 0 } = usage;
  const { input, output, cached_input: cached = input, cache_write: cacheWrite = input } = price;
  const plain = Math.max(0, inputTokens - cachedInputTokens - cacheWriteInputTokens);
  return (
    (plain * input + cachedInputTokens * cached + cacheWriteInputTokens * cacheWrite + outputTokens * output) / MILLION
  );
}
