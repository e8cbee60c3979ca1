import { throwIfAborted } from "../../domain/errors.ts";

const SLICE_MS = 5;

/** Shares the event loop: long work asks it for a pause after every short step. */
export class WorkPacer {
  private readonly signal: AbortSignal;
  private sliceStarted = performance.now();

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** Lets others run where the work has held the event loop for 5 ms, else returns at once. @throws ServiceError timeout, cancelled */
  async pause(): Promise<void> {
    if (performance.now() - this.sliceStarted < SLICE_MS) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    throwIfAborted(this.signal);
    this.sliceStarted = performance.now();
  }
}
