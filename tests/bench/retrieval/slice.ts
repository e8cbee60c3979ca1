import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Contender, Query } from "./contender.ts";

/** Milliseconds between two looks at the event loop. */
const LOOK_EVERY_MS = 1;
const NANOSECONDS_PER_MS = 1_000_000;

/** What was measured over one stretch of time. */
export interface Slice {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly searchesPerSecond: number;
  /** How late the caller's own timers were, in the worst hundredth of cases. */
  readonly eventLoopDelayP99Ms: number;
}

export interface Callers {
  readonly callers: number;
  readonly topK: number;
  /** Asked before each search. */
  readonly goesOn: () => boolean;
}

/**
 * Has callers search, each anew as soon as it was answered, while it goes on. A search begins in a turn of the event loop of
 * its own, as one that comes over the network does; it is timed from then on, waiting included.
 */
export async function measureSlice(
  contender: Contender,
  queries: readonly Query[],
  { callers, topK, goesOn }: Callers,
): Promise<Slice> {
  const latencies: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  delay.enable();
  const startedAt = performance.now();
  let next = 0;
  const call = async () => {
    while (goesOn()) {
      const query = queries[next++ % queries.length]!;
      const arrivedAt = performance.now();
      await nextTurn();
      await contender.search(query, topK);
      latencies.push(performance.now() - arrivedAt);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const elapsedMs = performance.now() - startedAt;
  delay.disable();
  latencies.sort((one, other) => one - other);
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    searchesPerSecond: (latencies.length / elapsedMs) * 1_000,
    // Where no timer ran at all, the loop was held from beginning to end.
    eventLoopDelayP99Ms:
      delay.count === 0 ? elapsedMs : Math.max(0, delay.percentile(99) / NANOSECONDS_PER_MS - LOOK_EVERY_MS),
  };
}

/** Of numbers in rising order. */
function percentile(numbers: readonly number[], share: number): number {
  return numbers[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? Number.NaN;
}
