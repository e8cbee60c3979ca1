import type { z } from "zod";
import type { Usage } from "../../domain/answer.ts";
import type { priceSettings } from "../config/schema.ts";

/** US dollars for a million tokens of each kind. */
export type Price = z.output<typeof priceSettings>;

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
