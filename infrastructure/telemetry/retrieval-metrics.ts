import { Counter, Histogram, type Registry } from "prom-client";
import type { AttemptOutcome, RetrievalRecorder } from "../resilience/recorder.ts";

const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** What happens to retrievals, by the names of the config. */
export class RetrievalMetrics implements RetrievalRecorder {
  private readonly retrievals: Counter<"search" | "outcome">;
  private readonly durations: Histogram<"search">;
  private readonly stale: Counter<"search">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.retrievals = new Counter({
      name: "pharos_retrievals_total",
      help: "Searches: `answered`, `left` by who asked, `open` where the breaker let none through, or the error's code.",
      labelNames: ["search", "outcome"],
      registers,
    });
    this.durations = new Histogram({
      name: "pharos_retrieval_duration_seconds",
      help: "Time that a search took, reranking included.",
      labelNames: ["search"],
      buckets: BUCKETS_S,
      registers,
    });
    this.stale = new Counter({
      name: "pharos_stale_retrievals_total",
      help: "Earlier results that were given in the place of a failure.",
      labelNames: ["search"],
      registers,
    });
  }

  retrieved(search: string, outcome: AttemptOutcome | "open", ms: number): void {
    this.retrievals.inc({ search, outcome });
    if (outcome !== "open") this.durations.observe({ search }, ms / 1000);
  }

  servedStale(search: string): void {
    this.stale.inc({ search });
  }
}
