import type { ErrorCode } from "../../domain/errors.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import { type BreakerSettings, CircuitBreaker } from "../../infrastructure/resilience/circuit-breaker.ts";
import type { Clock } from "../../infrastructure/resilience/clock.ts";
import { CompletionTarget } from "../../infrastructure/resilience/completion-target.ts";
import type { CompletionRecorder, RetrievalRecorder } from "../../infrastructure/resilience/recorder.ts";
import {
  type CompletionResilience,
  ResilientCompletion,
} from "../../infrastructure/resilience/resilient-completion.ts";
import type { ModelTargets } from "../../infrastructure/resilience/route.ts";

export const BREAKER: BreakerSettings = { windowMs: 30_000, minFailures: 3, failureShare: 0.5, openMs: 10_000 };

/** What was recorded, a line each. */
export class RecordedEvents implements CompletionRecorder, RetrievalRecorder {
  readonly lines: string[] = [];

  firstToken(): void {}
  attemptEnded({ model, label }: { readonly model: string; readonly label: string }, outcome: string): void {
    this.lines.push(`${model}/${label} ${outcome}`);
  }
  retried(model: string): void {
    this.lines.push(`retry ${model}`);
  }
  fellBack(model: string, fallback: string): void {
    this.lines.push(`fallback ${model} ${fallback}`);
  }
  hedged(model: string): void {
    this.lines.push(`hedge ${model}`);
  }
  lastResort(model: string): void {
    this.lines.push(`last resort ${model}`);
  }
  retrieved(search: string, outcome: string): void {
    this.lines.push(`${search} ${outcome}`);
  }
  servedStale(search: string): void {
    this.lines.push(`${search} stale`);
  }
}

export interface ModelOptions {
  readonly weights?: readonly number[];
  readonly breaker?: Partial<BreakerSettings>;
}

/** A model whose targets are these ports, each with a breaker of its own. */
export function modelOf(
  model: string,
  ports: readonly CompletionPort[],
  clock: Clock,
  { weights = [], breaker = {} }: ModelOptions = {},
): ModelTargets {
  const targets = ports.map(
    (port, index) =>
      new CompletionTarget({
        model,
        index,
        adapter: "fake",
        weight: weights[index] ?? 1,
        breaker: new CircuitBreaker({ ...BREAKER, ...breaker }, clock, () => 0.5),
        create: () => port,
      }),
  );
  return { model, targets };
}

/** The models as one port, the first with the others as its fallbacks; chance is always a half. */
export function resilient(
  chain: readonly [ModelTargets, ...ModelTargets[]],
  clock: Clock,
  settings: Partial<CompletionResilience> = {},
): ResilientCompletion {
  return new ResilientCompletion(chain, {
    limits: { firstTokenMs: 20_000, idleMs: 15_000, attemptMs: 60_000 },
    totalMs: 100_000,
    retry: { attempts: 3, baseMs: 250, maxMs: 5_000 },
    clock,
    random: () => 0.5,
    recorder: new RecordedEvents(),
    ...settings,
  });
}

/** What a vendor fails with, by its code: what may pass is retryable. */
export function failure(code: ErrorCode, retryAfterMs?: number): ServiceError {
  const passing: readonly ErrorCode[] = ["vendor-unavailable", "vendor-reply-invalid", "rate-limited"];
  return new ServiceError(code, `The script says: ${code}.`, {
    retryable: passing.includes(code),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
