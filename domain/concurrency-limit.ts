import { abortable } from "./abortable.ts";
import { abortError, ServiceError, throwIfAborted } from "./errors.ts";

/** Calls that wait at most, urgent ones and others counted apart. */
const MAX_WAITING = 1_024;

/** Lets a bounded number of calls be under way, whoever makes them; urgent ones go before all others that wait. */
export class ConcurrencyLimit {
  private readonly max: number;
  private readonly urgent: (() => void)[] = [];
  private readonly others: (() => void)[] = [];
  private underWay = 0;

  /** @param max calls under way at once, 1 or more */
  constructor(max: number) {
    this.max = max;
  }

  /**
   * Makes the call when it is its turn, and gives its outcome; or the signal's error as soon as that aborts. The place is
   * free again when the call has ended, even where its caller has gone.
   * @throws ServiceError overloaded (1,024 calls wait already), timeout, cancelled, and what the call throws
   */
  async run<Result>(call: () => Promise<Result>, isUrgent: boolean, signal: AbortSignal): Promise<Result> {
    await this.turn(isUrgent, signal);
    const work = Promise.try(call).finally(() => this.leave());
    return abortable(work, signal);
  }

  /**
   * One call for each part, as many at once as may be; results in the parts' order, [] where there is no part. The first
   * failure is thrown, and ends the calls that are still under way.
   * @param call is given a signal that also aborts where another part has failed
   * @throws ServiceError as `run` does
   */
  async runAll<Part, Result>(
    parts: readonly Part[],
    call: (part: Part, signal: AbortSignal) => Promise<Result>,
    isUrgent: boolean,
    signal: AbortSignal,
  ): Promise<readonly Result[]> {
    const ending = new AbortController();
    const callSignal = AbortSignal.any([signal, ending.signal]);
    const results: Result[] = [];
    const queue = parts.entries();
    const work = async () => {
      for (const [index, part] of queue) {
        results[index] = await this.run(() => call(part, callSignal), isUrgent, callSignal);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(this.max, parts.length) }, work));
      return results;
    } finally {
      ending.abort();
    }
  }

  private async turn(isUrgent: boolean, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.underWay < this.max) {
      this.underWay += 1;
      return;
    }
    const queue = isUrgent ? this.urgent : this.others;
    if (queue.length >= MAX_WAITING) {
      throw new ServiceError("overloaded", `${MAX_WAITING} calls wait for their turn.`, { retryable: true });
    }
    const turn = Promise.withResolvers<void>();
    const abort = () => {
      const position = queue.indexOf(turn.resolve);
      if (position >= 0) queue.splice(position, 1);
      turn.reject(abortError(signal));
    };
    signal.addEventListener("abort", abort, { once: true });
    queue.push(turn.resolve);
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The place goes to whoever is next; nobody can come between. */
  private leave(): void {
    const next = this.urgent.shift() ?? this.others.shift();
    if (next === undefined) this.underWay -= 1;
    else next();
  }
}
