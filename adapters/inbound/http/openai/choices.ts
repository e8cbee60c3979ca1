import type { AnswerEvent } from "../../../../domain/answer.ts";
import { deadlineOf, setDeadline } from "../../../../domain/deadline.ts";
import { countTogether } from "../../../../domain/further-attempts.ts";

/** An event of one of several answers that are written at the same time. */
export interface ChoiceEvent {
  /** Number of the answer, from 0. */
  readonly choice: number;
  readonly event: AnswerEvent;
}

/**
 * The events of several answers as they come, each answer's in their order. One that fails, or a reader that leaves, stops
 * all the others.
 * @param start begins the answers, under the signal that stops them
 * @throws ServiceError as the first answer does that fails
 */
export async function* interleaved(
  start: (signal: AbortSignal) => readonly AsyncIterable<AnswerEvent>[],
  signal: AbortSignal,
): AsyncGenerator<ChoiceEvent, void, undefined> {
  const left = new AbortController();
  const stop = AbortSignal.any([signal, left.signal]);
  setDeadline(stop, deadlineOf(signal));
  countTogether(stop, signal);
  const iterators = start(stop).map((events) => events[Symbol.asyncIterator]());
  const next = (choice: number) => {
    const waiting = nextOf(iterators, choice);
    // It may fail while the reader is busy with another one's event.
    waiting.catch(() => undefined);
    return waiting;
  };
  const waiting = new Map(iterators.map((_, choice) => [choice, next(choice)]));
  try {
    while (waiting.size > 0) {
      const { choice, result } = await Promise.race(waiting.values());
      if (result === undefined || result.done === true) {
        waiting.delete(choice);
        continue;
      }
      waiting.set(choice, next(choice));
      yield { choice, event: result.value };
    }
  } finally {
    left.abort();
    // Work that does not heed the signal may be in the middle of an event: nobody waits for it.
    for (const iterator of iterators) iterator.return?.().catch(() => undefined);
  }
}

async function nextOf(iterators: readonly AsyncIterator<AnswerEvent>[], choice: number) {
  return { choice, result: await iterators[choice]?.next() };
}
