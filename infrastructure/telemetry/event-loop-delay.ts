import { clearInterval, setInterval } from "node:timers";
import { Histogram, type Registry } from "prom-client";

/** How often it is looked at; a shorter stall may go unseen. */
const RESOLUTION_MS = 50;
const BUCKETS_S = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * Measures how much later than asked for a timer runs, until the function that it returns is called. A timer of ours, since
 * Deno's `monitorEventLoopDelay` sees no stall.
 */
export function watchEventLoop(registry: Registry): () => void {
  const delays = new Histogram({
    name: "pharos_event_loop_delay_seconds",
    help: "How much later than asked for a timer ran.",
    buckets: BUCKETS_S,
    registers: [registry],
  });
  let expectedAt = performance.now() + RESOLUTION_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delays.observe(Math.max(0, now - expectedAt) / 1000);
    expectedAt = now + RESOLUTION_MS;
  }, RESOLUTION_MS);
  timer.unref();
  return () => clearInterval(timer);
}
