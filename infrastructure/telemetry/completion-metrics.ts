import { Counter, Histogram, type Registry } from "prom-client";
import type { AttemptOutcome, CompletionRecorder, TargetName } from "../resilience/recorder.ts";

const FIRST_TOKEN_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const ATTEMPT_BUCKETS_S = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300];

/** What happens to completions, by the names of the config. */
export class CompletionMetrics implements CompletionRecorder {
  private readonly attempts: Counter<"model" | "target" | "outcome">;
  private readonly firstTokens: Histogram<"model" | "target">;
  private readonly durations: Histogram<"model" | "target">;
  private readonly retries: Counter<"model">;
  private readonly fallbacks: Counter<"model" | "fallback">;
  private readonly hedges: Counter<"model">;
  private readonly lastResorts: Counter<"model">;

  constructor(registry: Registry) {
    const registers = [registry];
    const count = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name, help, labelNames, registers });
    const measure = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name, help, labelNames: ["model", "target"] as const, buckets, registers });
    this.attempts = count(
      "pharos_completion_attempts_total",
      "Attempts at a target of a model: `answered`, `left` by who asked, or the code of the error.",
      ["model", "target", "outcome"],
    );
    this.firstTokens = measure(
      "pharos_completion_first_token_seconds",
      "Time from the begin of an attempt to the first event of its stream.",
      FIRST_TOKEN_BUCKETS_S,
    );
    this.durations = measure(
      "pharos_completion_attempt_duration_seconds",
      "Time from the begin of an attempt to its end.",
      ATTEMPT_BUCKETS_S,
    );
    this.retries = count("pharos_completion_retries_total", "Further attempts at the same model.", ["model"]);
    this.fallbacks = count(
      "pharos_completion_fallbacks_total",
      "Attempts at another model in the place of the one that was asked for.",
      ["model", "fallback"],
    );
    this.hedges = count("pharos_completion_hedges_total", "Second attempts beside a slow one.", ["model"]);
    this.lastResorts = count(
      "pharos_completion_last_resorts_total",
      "Attempts that were made although every breaker was open.",
      ["model"],
    );
  }

  firstToken({ model, label }: TargetName, ms: number): void {
    this.firstTokens.observe({ model, target: label }, ms / 1000);
  }

  attemptEnded({ model, label }: TargetName, outcome: AttemptOutcome, ms: number): void {
    this.attempts.inc({ model, target: label, outcome });
    this.durations.observe({ model, target: label }, ms / 1000);
  }

  retried(model: string): void {
    this.retries.inc({ model });
  }

  fellBack(model: string, fallback: string): void {
    this.fallbacks.inc({ model, fallback });
  }

  hedged(model: string): void {
    this.hedges.inc({ model });
  }

  lastResort(model: string): void {
    this.lastResorts.inc({ model });
  }
}
