import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import type { RetrievalPort } from "../../domain/ports/retrieval-port.ts";
import type { Config } from "../config/load.ts";
import type { ModelEntry, SearchEntry, TargetEntry } from "../config/prepared-entries.ts";
import { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import { systemClock } from "../resilience/clock.ts";
import { CompletionTarget } from "../resilience/completion-target.ts";
import { GuardedRetrieval } from "../resilience/guarded-retrieval.ts";
import { type CompletionResilience, ResilientCompletion } from "../resilience/resilient-completion.ts";
import type { ModelTargets } from "../resilience/route.ts";
import { StaleRetrieval } from "../resilience/stale-retrieval.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Puts around ports what the config's `resilience` asks for. */
export class Resilience {
  private readonly settings: Config["resilience"];
  private readonly metrics: Metrics;

  constructor(settings: Config["resilience"], metrics: Metrics) {
    this.settings = settings;
    this.metrics = metrics;
  }

  /** A breaker of its own for each target and each search. */
  breaker(): CircuitBreaker {
    const { window_ms: windowMs, min_failures: minFailures, failure_share, open_ms: openMs } = this.settings.breaker;
    const settings = { windowMs, minFailures, failureShare: failure_share, openMs };
    return new CircuitBreaker(settings, systemClock, Math.random);
  }

  /** @param index its place among the model's targets in the config */
  target(model: string, index: number, entry: TargetEntry, create: () => CompletionPort): CompletionTarget {
    const { adapter, weight } = entry;
    return new CompletionTarget({ model, index, adapter, weight, breaker: this.breaker(), create });
  }

  completion(chain: readonly [ModelTargets, ...ModelTargets[]]): CompletionPort {
    return new ResilientCompletion(chain, this.completionSettings());
  }

  retrieval(
    { name: search, onFailure }: SearchEntry,
    retrieval: RetrievalPort,
    breaker: CircuitBreaker,
  ): RetrievalPort {
    const { retrieval_ms: timeoutMs, stale_cache: stale } = this.settings;
    const recorder = this.metrics.retrievals;
    const guarded = new GuardedRetrieval(retrieval, { search, timeoutMs, breaker, clock: systemClock, recorder });
    if (onFailure !== "stale-cache") return guarded;
    const { max_entries: maxEntries, max_bytes: maxBytes, max_age_ms: maxAgeMs } = stale;
    return new StaleRetrieval(guarded, { search, maxEntries, maxBytes, maxAgeMs, clock: systemClock, recorder });
  }

  private completionSettings(): CompletionResilience {
    const { settings } = this;
    const { first_token_ms: firstTokenMs, idle_ms: idleMs, attempt_ms: attemptMs, hedge_percentile } = settings;
    return {
      limits: { firstTokenMs, idleMs, attemptMs },
      totalMs: settings.total_ms,
      retry: { attempts: settings.attempts, baseMs: settings.retry_base_ms, maxMs: settings.retry_max_ms },
      ...(hedge_percentile === undefined ? {} : { hedgePercentile: hedge_percentile }),
      clock: systemClock,
      random: Math.random,
      recorder: this.metrics.completions,
    };
  }
}

/** The names of the model and of whatever answers in its place, each once, in the order in which they are asked. */
export function fallbackChain(name: string, models: readonly ModelEntry[]): readonly string[] {
  const chain = new Set<string>();
  const follow = (next: string) => {
    const model = models.find((entry) => entry.name === next);
    if (model === undefined || chain.has(next)) return;
    chain.add(next);
    for (const fallback of model.fallbacks) follow(fallback);
  };
  follow(name);
  return [...chain];
}
