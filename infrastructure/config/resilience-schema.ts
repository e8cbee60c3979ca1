import { z } from "zod";

const MINUTE_MS = 60_000;
const MIB = 1_048_576;

const milliseconds = (fallback: number) =>
  z
    .int()
    .min(1)
    .max(60 * MINUTE_MS)
    .default(fallback);

const breaker = z
  .strictObject({
    window_ms: milliseconds(30_000).describe("time over which calls are counted"),
    min_failures: z.int().min(1).default(5).describe("failures within the window that open it, at least"),
    failure_share: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.5)
      .describe("share of the window's calls that must have failed to open it"),
    open_ms: milliseconds(15_000).describe("time that it stays open before one call is let through to see"),
  })
  .describe("leaves a target or a search alone that fails too often");

const staleCache = z
  .strictObject({
    max_entries: z.int().min(1).default(1_000).describe("results that are kept of one search, at most"),
    max_bytes: z
      .int()
      .min(1)
      .default(32 * MIB)
      .describe("bytes of them in memory, about"),
    max_age_ms: z
      .int()
      .min(1)
      .default(60 * MINUTE_MS)
      .describe("older results are not given"),
  })
  .describe("of searches whose on_failure is stale-cache");

/** The key `resilience`: how calls of vendors are bounded, tried again and given up. */
export const resilience = z.strictObject({
  attempts: z
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe("attempts that one completion may have in all, over every target and fallback"),
  retry_base_ms: milliseconds(250).describe("bound of the wait before the first repetition; it doubles with each"),
  retry_max_ms: milliseconds(5_000).describe("bound of a wait that no vendor asked for"),
  first_token_ms: milliseconds(30_000).describe("time that a stream may take to begin, in each attempt"),
  idle_ms: milliseconds(30_000).describe("silence that a stream may have once it has begun"),
  attempt_ms: milliseconds(120_000).describe("time that one attempt may take to its end"),
  total_ms: milliseconds(600_000).describe("time that all attempts and waits of one completion may take"),
  hedge_percentile: z
    .number()
    .min(50)
    .max(99.9)
    .exactOptional()
    .describe("percentile of the time to the first token after which a second target is asked too; absent for never"),
  breaker: breaker.prefault({}),
  retrieval_ms: milliseconds(30_000).describe("time that a search may take"),
  stale_cache: staleCache.prefault({}),
});
