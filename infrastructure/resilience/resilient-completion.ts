import type { CompletionFeature } from "../../domain/chat.ts";
import { deadlineOf } from "../../domain/deadline.ts";
import { ServiceError, throwIfAborted } from "../../domain/errors.ts";
import type {
  Completion,
  CompletionEvent,
  CompletionPort,
  CompletionRequest,
} from "../../domain/ports/completion-port.ts";
import { wait } from "./clock.ts";
import { type AttemptOptions, type AttemptSettings, CompletionAttempt } from "./completion-attempt.ts";
import { type Begun, BothFailed, hedge, type Won } from "./hedge.ts";
import { LatencySamples } from "./latency-samples.ts";
import { type ModelTargets, Route, type RouteSettings, type Step } from "./route.ts";

export interface CompletionResilience extends AttemptSettings, RouteSettings {
  /** Time that all attempts of one completion, and the waits between them, may take together. */
  readonly totalMs: number;
  /** Percentile of the time to the first token after which a second attempt is made beside the first; absent for never. */
  readonly hedgePercentile?: number;
}

/** One request on its way. */
interface Run<Result> {
  readonly route: Route;
  readonly signal: AbortSignal;
  readonly streams: boolean;
  readonly call: (attempt: CompletionAttempt) => Promise<Result>;
}

/**
 * A model behind several targets, with fallbacks: attempts are bounded in time and number, tried again and given to
 * another target until one begins to answer, and never after. Nothing of it is seen by who asks but a warning where
 * another model answered.
 */
export class ResilientCompletion implements CompletionPort {
  /** The smallest of all targets and fallbacks: a prompt fits whoever answers. */
  readonly contextTokens: number;
  /** What every target of the model honours; a fallback that does not honour what a request asks for is passed over. */
  readonly supports: ReadonlySet<CompletionFeature>;
  private readonly model: string;
  private readonly chain: readonly ModelTargets[];
  private readonly settings: CompletionResilience;
  private readonly firstTokens: LatencySamples | undefined;

  /** @param chain the model's own targets, then those of its fallbacks, in their order */
  constructor(chain: readonly [ModelTargets, ...ModelTargets[]], settings: CompletionResilience) {
    const [own] = chain;
    this.model = own.model;
    this.chain = chain;
    this.settings = settings;
    const { hedgePercentile } = settings;
    this.firstTokens = hedgePercentile === undefined ? undefined : new LatencySamples(hedgePercentile);
    const windows = chain.flatMap(({ targets }) => targets.map(({ port }) => port.contextTokens));
    this.contextTokens = Math.min(...windows);
    this.supports = own.targets.map(({ port }) => port.supports).reduce((one, other) => one.intersection(other));
  }

  async complete(request: CompletionRequest, signal: AbortSignal): Promise<Completion> {
    const { attempt, result } = await this.run(request, signal, false, (attempt) => attempt.complete(request));
    return this.marked(result, attempt);
  }

  async *stream(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, void, undefined> {
    const { attempt, result } = await this.run(request, signal, true, (attempt) => attempt.open(request));
    try {
      for (let event: CompletionEvent | undefined = result; event !== undefined; event = await attempt.next()) {
        yield event.type === "finish" ? this.marked(event, attempt) : event;
      }
    } finally {
      await attempt.leave();
    }
  }

  private async run<Result>(
    request: CompletionRequest,
    signal: AbortSignal,
    streams: boolean,
    call: (attempt: CompletionAttempt) => Promise<Result>,
  ): Promise<Won<Result>> {
    throwIfAborted(signal);
    const { clock, totalMs } = this.settings;
    const endsAt = clock.now() + totalMs;
    const route = new Route(this.chain, request, signal, Math.min(endsAt, deadlineOf(signal)), this.settings);
    const run: Run<Result> = { route, signal, streams, call };
    let failure: ServiceError | undefined;
    for (let step = route.next(); step !== undefined; step = route.next()) {
      if (step.waitMs > 0) await wait(clock, step.waitMs, signal);
      const admission = step.isLastResort ? "last-resort" : step.target.breaker.admit();
      if (admission === undefined) continue;
      this.record(step, failure !== undefined);
      const { target } = step;
      try {
        return await this.begin({ target, admission, caller: signal, endsAt, streams }, run);
      } catch (error) {
        failure = this.failureOf(error, step, run);
      }
    }
    throw failure ?? new Error(`The model ${this.model} has no target.`);
  }

  private begin<Result>(options: AttemptOptions, run: Run<Result>): Promise<Won<Result>> {
    const first = this.call(options, run);
    const delayMs = run.streams ? this.firstTokens?.percentileMs : undefined;
    if (delayMs === undefined) return first.result.then((result) => ({ attempt: first.attempt, result }));
    return hedge(first, delayMs, this.settings.clock, () => {
      const target = run.route.beside(options.target);
      const admission = target?.breaker.admit();
      if (target === undefined || admission === undefined) return undefined;
      this.settings.recorder.hedged(target.model);
      return this.call({ ...options, target, admission }, run);
    });
  }

  private call<Result>(options: AttemptOptions, { call, streams }: Run<Result>): Begun<Result> {
    const attempt = new CompletionAttempt(options, this.settings);
    const result = call(attempt);
    const { firstTokens } = this;
    if (streams && firstTokens !== undefined) {
      const { clock } = this.settings;
      const startedAt = clock.now();
      result.then(
        () => firstTokens.add(clock.now() - startedAt),
        () => undefined,
      );
    }
    return { attempt, result };
  }

  /** The failure after which another step may follow. @throws the error where none may */
  private failureOf(error: unknown, { target }: Step, { route, signal }: Run<unknown>): ServiceError {
    throwIfAborted(signal);
    const failures =
      error instanceof BothFailed
        ? error.failures.map(({ attempt, error }) => ({ target: attempt.target, error }))
        : [{ target, error }];
    for (const failure of failures) {
      if (!(failure.error instanceof ServiceError) || !route.failed(failure.target, failure.error)) throw failure.error;
    }
    return failures[0]?.error as ServiceError;
  }

  private record({ target, isLastResort }: Step, isFurther: boolean): void {
    const { recorder } = this.settings;
    if (isLastResort) recorder.lastResort(target.model);
    if (target.model !== this.model) recorder.fellBack(this.model, target.model);
    else if (isFurther) recorder.retried(this.model);
  }

  /** The same ending, with a word where another model answered. */
  private marked<Ending extends Pick<Completion, "warnings">>(ending: Ending, { target }: CompletionAttempt): Ending {
    if (target.model === this.model) return ending;
    const warning = `The model ${this.model} could not answer: ${target.model} answered in its place.`;
    return { ...ending, warnings: [...ending.warnings, warning] };
  }
}
