/** Stands for an answer that has not begun to say anything. */
export const WAITING = Symbol("waiting");

/**
 * The events as they come; before them `WAITING`, once, where the first that says something takes longer than the given time.
 * Left early, it leaves the events.
 */
export class OpeningEvents<Event> implements AsyncIterableIterator<Event | typeof WAITING> {
  private readonly events: AsyncIterator<Event>;
  private readonly says: (event: Event) => boolean;
  private readonly late = Promise.withResolvers<typeof WAITING>();
  private readonly timer: ReturnType<typeof setTimeout>;
  private begun = false;
  /** Asked for, and not handed on yet. */
  private pending: Promise<IteratorResult<Event>> | undefined;

  /** @param says whether the event says something */
  constructor(events: AsyncIterable<Event>, says: (event: Event) => boolean, limitMs: number) {
    this.events = events[Symbol.asyncIterator]();
    this.says = says;
    this.timer = setTimeout(() => this.late.resolve(WAITING), limitMs);
  }

  next(): Promise<IteratorResult<Event | typeof WAITING>> {
    const { pending = this.events.next() } = this;
    this.pending = undefined;
    return this.begun ? pending : this.first(pending);
  }

  async return(): Promise<IteratorResult<Event>> {
    clearTimeout(this.timer);
    await this.events.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private async first(pending: Promise<IteratorResult<Event>>): Promise<IteratorResult<Event | typeof WAITING>> {
    const result = await Promise.race([pending, this.late.promise]);
    if (result === WAITING) {
      this.begun = true;
      this.pending = pending;
      // It may fail while the reader is told that nothing is there yet.
      pending.catch(() => undefined);
      return { done: false, value: WAITING };
    }
    this.begun = result.done === true || this.says(result.value);
    if (this.begun) clearTimeout(this.timer);
    return result;
  }
}
