import type { Clock } from "./clock.ts";
import type { CompletionAttempt } from "./completion-attempt.ts";

/** An attempt under way, and what it is to give first. */
export interface Begun<Result> {
  readonly attempt: CompletionAttempt;
  readonly result: Promise<Result>;
}

/** An attempt that has begun to answer. */
export interface Won<Result> {
  readonly attempt: CompletionAttempt;
  readonly result: Result;
}

/** Both attempts failed; their errors in the order in which the attempts were begun. */
export class BothFailed extends Error {
  override readonly name = "BothFailed";
  readonly failures: readonly { readonly attempt: CompletionAttempt; readonly error: unknown }[];

  constructor(failures: BothFailed["failures"]) {
    super("Both attempts failed.");
    this.failures = failures;
  }
}

/**
 * The first of two attempts to begin its answer; the other is cancelled. The second is begun only where the first has
 * neither begun nor failed after so many milliseconds (https://research.google/pubs/the-tail-at-scale/).
 *
 * @param beginSecond undefined where nobody may be asked beside the first
 * @throws what the first failed with where there was no second, else BothFailed
 */
export async function hedge<Result>(
  first: Begun<Result>,
  delayMs: number,
  clock: Clock,
  beginSecond: () => Begun<Result> | undefined,
): Promise<Won<Result>> {
  if (!(await isLate(first.result, delayMs, clock))) return won(first);
  const second = beginSecond();
  if (second === undefined) return won(first);
  try {
    const winner = await Promise.any([won(first), won(second)]);
    cancel(winner.attempt === first.attempt ? second : first);
    return winner;
  } catch (error) {
    const [one, other] = error instanceof AggregateError ? error.errors : [error];
    throw new BothFailed([
      { attempt: first.attempt, error: one },
      { attempt: second.attempt, error: other },
    ]);
  }
}

async function won<Result>({ attempt, result }: Begun<Result>): Promise<Won<Result>> {
  return { attempt, result: await result };
}

async function isLate(work: Promise<unknown>, delayMs: number, clock: Clock): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancelTimer = clock.schedule(() => resolve(true), delayMs);
  const settled = () => resolve(false);
  work.then(settled, settled);
  return promise.finally(cancelTimer);
}

/** It may have begun to answer in the same moment: then it is left as a reader leaves it. */
function cancel({ attempt, result }: Begun<unknown>): void {
  attempt.abandon();
  result.then(() => attempt.leave()).catch(() => undefined);
}
