import { abortable } from "../domain/abortable.ts";
import type { AnswerEvent } from "../domain/answer.ts";
import { deadlineOf, setDeadline } from "../domain/deadline.ts";
import { abortError, ServiceError, throwIfAborted } from "../domain/errors.ts";

/** What an event takes besides its text. */
const EVENT_BYTES = 128;

/** What is there while an answer is under way. */
interface Work {
  readonly events: AsyncIterator<AnswerEvent>;
  readonly controller: AbortController;
}

/**
 * One answer for any number of readers: computed once, at the pace of whoever reads fastest, while anybody reads it. Each
 * reader gets all events from the first, whenever it comes.
 */
export class SharedAnswer {
  /** Whether the events that were recorded are all that there are: then whoever comes later can read them, too. */
  isWhole = true;
  /** Of the events that are recorded. */
  bytes = 0;
  /** How it ended; undefined while it is under way. */
  outcome: "done" | Error | undefined;
  private readonly maxBytes: number;
  private readonly ended: () => void;
  private readonly events: AnswerEvent[] = [];
  /** Events that were let go of, since all together were too large. */
  private dropped = 0;
  private readers = 0;
  /** The latest deadline of those who have read, on the clock of `performance.now()`. */
  private deadlineAtMs = Number.NEGATIVE_INFINITY;
  private work: Work | undefined;
  private advancing: Promise<void> | undefined;

  /**
   * Begins when it is first read.
   * @param start makes the events; its signal aborts when nobody is left who reads, and its deadline is the latest of theirs
   * @param maxBytes of events that are recorded, approximately
   * @param ended is called once, when `outcome` is there
   */
  constructor(start: (signal: AbortSignal) => AsyncIterable<AnswerEvent>, maxBytes: number, ended: () => void) {
    const controller = new AbortController();
    this.work = { events: start(controller.signal)[Symbol.asyncIterator](), controller };
    this.maxBytes = maxBytes;
    this.ended = ended;
  }

  /**
   * The events from the first on, in their order.
   * @param opening is given to this reader before them, who counts as one from then on
   * @throws ServiceError timeout, cancelled, the signal's own; overloaded (the answer is larger than what is recorded, and
   * another reader is far ahead); and what the work throws
   */
  async *read(signal: AbortSignal, opening?: AnswerEvent): AsyncGenerator<AnswerEvent, void, undefined> {
    throwIfAborted(signal);
    this.readers += 1;
    this.allowUntil(deadlineOf(signal));
    try {
      if (opening !== undefined) yield opening;
      for (let index = 0; ; index++) {
        while (index === this.dropped + this.events.length && this.outcome === undefined) {
          await abortable(this.advance(), signal);
        }
        const event = this.eventAt(index);
        if (event !== undefined) yield event;
        else if (this.outcome instanceof Error) throw this.outcome;
        else return;
      }
    } finally {
      this.readers -= 1;
      if (this.readers === 0 && this.outcome === undefined) this.end(abortError(signal));
    }
  }

  private allowUntil(atMs: number): void {
    this.deadlineAtMs = Math.max(this.deadlineAtMs, atMs);
    if (this.work !== undefined) setDeadline(this.work.controller.signal, this.deadlineAtMs);
  }

  /** Undefined after the last. */
  private eventAt(index: number): AnswerEvent | undefined {
    if (index >= this.dropped) return this.events[index - this.dropped];
    const message = "The answer is too large to wait for every request that shares it.";
    throw new ServiceError("overloaded", message, { retryable: true });
  }

  /** Every reader that has read all waits for the same next event. */
  private advance(): Promise<void> {
    this.advancing ??= this.next().finally(() => {
      this.advancing = undefined;
    });
    return this.advancing;
  }

  private async next(): Promise<void> {
    try {
      const result = await this.work?.events.next();
      if (this.outcome !== undefined || result === undefined) return;
      if (result.done) throw new Error("The answer's events ended without `done`.");
      this.record(result.value);
    } catch (thrown) {
      this.end(
        thrown instanceof Error ? thrown : new Error("Something was thrown that is no Error.", { cause: thrown }),
      );
    }
  }

  private record(event: AnswerEvent): void {
    this.events.push(event);
    this.bytes += bytesOf(event);
    while (this.bytes > this.maxBytes && this.events.length > 1) {
      const oldest = this.events.shift();
      if (oldest !== undefined) this.bytes -= bytesOf(oldest);
      this.dropped += 1;
      this.isWhole = false;
    }
    if (event.type === "done") this.end("done");
  }

  private end(outcome: "done" | Error): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    const { work } = this;
    this.work = undefined;
    work?.events.return?.().catch(() => undefined);
    if (outcome !== "done") work?.controller.abort(outcome);
    this.ended();
  }
}

function bytesOf(event: AnswerEvent): number {
  return EVENT_BYTES + 2 * (event.type === "delta" ? event.text.length : JSON.stringify(event).length);
}
