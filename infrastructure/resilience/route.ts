import type { ServiceError } from "../../domain/errors.ts";
import { furtherAttemptsUnder } from "../../domain/further-attempts.ts";
import type { CompletionRequest } from "../../domain/ports/completion-port.ts";
import { featuresAskedFor } from "../../domain/unsupported-parameters.ts";
import type { Clock } from "./clock.ts";
import { type CompletionTarget, leastLoaded } from "./completion-target.ts";
import { isVendorsFault } from "./failures.ts";

export interface RetrySettings {
  /**
   * Attempts that one completion may have in all, over every target and fallback; those beyond the first are shared with
   * the other completions of the request.
   */
  readonly attempts: number;
  /** The first wait is at most so long, and each further one at most twice the one before. */
  readonly baseMs: number;
  /** Bound of a wait that no vendor asked for. */
  readonly maxMs: number;
}

export interface RouteSettings {
  readonly retry: RetrySettings;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** The targets of one model. */
export interface ModelTargets {
  readonly model: string;
  /** At least one. */
  readonly targets: readonly CompletionTarget[];
}

/** What is to be done next: ask the target, after a wait. */
export interface Step {
  readonly target: CompletionTarget;
  readonly waitMs: number;
  readonly isLastResort?: true;
}

/** What came of a target in this request. */
interface Setback {
  /** Whether it is not to be asked again. */
  readonly isFinal: boolean;
  /** When the vendor wants to be asked again, on the clock; undefined where it did not say. */
  readonly askAgainAt: number | undefined;
}

/**
 * The way of one completion through the targets of its model, and then of its fallbacks. An untried target is asked at
 * once, the least loaded first; where all were tried, one is tried again after a wait. Each fallback that is still to come
 * keeps one attempt of the budget. A vendor that says how long to wait is waited for only where nobody else can be asked.
 */
export class Route {
  private readonly chain: readonly ModelTargets[];
  private readonly request: CompletionRequest;
  private readonly signal: AbortSignal;
  private readonly deadlineAt: number;
  private readonly settings: RouteSettings;
  private readonly setbacks = new Map<CompletionTarget, Setback>();
  /** Where in the chain we are. */
  private position = 0;
  private hasBegun = false;
  private hasEnded = false;
  private retries = 0;
  /** A prompt that was too long for a window needs a larger one. */
  private windowAbove = 0;

  /**
   * @param chain the model's own targets, then those of its fallbacks, in their order
   * @param signal the request's, whose completions share what they have of further attempts
   * @param deadlineAt on the clock; no step waits until then
   */
  constructor(
    chain: readonly ModelTargets[],
    request: CompletionRequest,
    signal: AbortSignal,
    deadlineAt: number,
    settings: RouteSettings,
  ) {
    this.chain = chain;
    this.request = request;
    this.signal = signal;
    this.deadlineAt = deadlineAt;
    this.settings = settings;
  }

  /** The step to take now, which counts as an attempt; undefined where there is none any more. */
  next(): Step | undefined {
    if (this.hasEnded || (this.hasBegun && this.furtherLeft === 0)) return undefined;
    const step = this.onwards() ?? (this.hasBegun ? this.asTold() : this.lastResort());
    this.hasEnded = step === undefined || step.isLastResort === true;
    if (step !== undefined) this.count();
    return step;
  }

  /** Another target of the model that is being asked, to be asked beside it, where an attempt is to spare; it counts as one. */
  beside(asked: CompletionTarget): CompletionTarget | undefined {
    if (this.hasEnded || !this.hasAttemptToSpare()) return undefined;
    const others = this.chain[this.position]?.targets.filter((target) => target !== asked && this.isUntried(target));
    const target = leastLoaded(others ?? [], this.settings.random);
    if (target !== undefined) this.count();
    return target;
  }

  /** Notes what a target failed with, and says whether another one may do better. */
  failed(target: CompletionTarget, error: ServiceError): boolean {
    if (error.code === "context-overflow") {
      this.windowAbove = Math.max(this.windowAbove, target.port.contextTokens);
    } else if (!isVendorsFault(error)) return false;
    const { retryable, retryAfterMs } = error;
    const askAgainAt = retryAfterMs === undefined ? undefined : this.settings.clock.now() + retryAfterMs;
    this.setbacks.set(target, { isFinal: !retryable, askAgainAt });
    return true;
  }

  /** The first attempt is every completion's own. */
  private count(): void {
    if (this.hasBegun) furtherAttemptsUnder(this.signal).made += 1;
    this.hasBegun = true;
  }

  private get furtherLeft(): number {
    return Math.max(0, this.settings.retry.attempts - 1 - furtherAttemptsUnder(this.signal).made);
  }

  private onwards(): Step | undefined {
    for (; this.position < this.chain.length; this.position += 1) {
      const group = this.chain[this.position];
      if (group === undefined || !this.canAnswer(group)) continue;
      const isNew = !group.targets.some((target) => this.setbacks.has(target));
      if (!isNew && !this.hasAttemptToSpare()) continue;
      const untried = leastLoaded(
        group.targets.filter((target) => this.isUntried(target)),
        this.settings.random,
      );
      const step = untried === undefined ? this.again(group) : { target: untried, waitMs: 0 };
      if (step !== undefined) return step;
    }
    return undefined;
  }

  /** One of the targets once more, after a wait of ours. */
  private again(group: ModelTargets): Step | undefined {
    const candidates = group.targets.filter(
      (target) =>
        this.mayFollow(target) && this.setbacks.get(target)?.askAgainAt === undefined && target.breaker.admits,
    );
    const target = leastLoaded(candidates, this.settings.random);
    return target === undefined ? undefined : this.inTime({ target, waitMs: this.backoffMs() });
  }

  /** Whoever told us how long to wait, the shortest wait first; a little later by chance, since others were told the same. */
  private asTold(): Step | undefined {
    const { clock, random, retry } = this.settings;
    const steps: Step[] = [];
    for (const [target, { askAgainAt }] of this.setbacks) {
      if (askAgainAt === undefined || !this.mayFollow(target)) continue;
      steps.push({ target, waitMs: Math.max(0, askAgainAt - clock.now()) + random() * retry.baseMs });
    }
    const [soonest] = steps.toSorted((one, other) => one.waitMs - other.waitMs);
    return soonest === undefined ? undefined : this.inTime(soonest);
  }

  private inTime(step: Step): Step | undefined {
    return this.settings.clock.now() + step.waitMs < this.deadlineAt ? step : undefined;
  }

  /** Where nobody may be asked, whoever has not failed for the longest time is, once: it is better than to fail unasked. */
  private lastResort(): Step | undefined {
    const targets = this.chain.filter((group) => this.canAnswer(group)).flatMap((group) => group.targets);
    const [target] = targets.toSorted((one, other) => one.breaker.lastFailureAt - other.breaker.lastFailureAt);
    return target === undefined ? undefined : { target, waitMs: 0, isLastResort: true };
  }

  /** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
  private backoffMs(): number {
    const { baseMs, maxMs } = this.settings.retry;
    const boundMs = Math.min(maxMs, baseMs * 2 ** this.retries);
    this.retries += 1;
    return this.settings.random() * boundMs;
  }

  private isUntried(target: CompletionTarget): boolean {
    return !this.setbacks.has(target) && target.breaker.admits && target.port.contextTokens > this.windowAbove;
  }

  private mayFollow(target: CompletionTarget): boolean {
    return this.setbacks.get(target)?.isFinal === false && target.port.contextTokens > this.windowAbove;
  }

  /** Whether the fallbacks that are still to come leave an attempt for the model where we are. */
  private hasAttemptToSpare(): boolean {
    const later = this.chain.slice(this.position + 1);
    const kept = later.filter(
      (group) => this.canAnswer(group) && group.targets.some((target) => this.isUntried(target)),
    );
    return this.furtherLeft + (this.hasBegun ? 0 : 1) > kept.length;
  }

  /** Our own model was held against the request before; a fallback has to be able to do all that is asked. */
  private canAnswer(group: ModelTargets): boolean {
    if (group === this.chain[0]) return true;
    const { prompt, maxTokens: _, account: __, ...parameters } = this.request;
    const asked = featuresAskedFor(parameters, prompt.messages);
    return asked.every((feature) => group.targets.every(({ port }) => port.supports.has(feature)));
  }
}
