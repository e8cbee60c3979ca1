import { abortError, throwIfAborted } from "../../domain/errors.ts";

/** What waits and bounds are measured with. */
export interface Clock {
  /** Milliseconds that never go back, on the clock of `performance.now()`. */
  now(): number;
  /** Calls back once, so many milliseconds from now; the function that it returns prevents that. */
  schedule(callback: () => void, delayMs: number): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves when the time is over, and not before. @throws ServiceError timeout, cancelled, the signal's own */
export async function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(abortError(signal));
  signal.addEventListener("abort", abort, { once: true });
  const endsAt = clock.now() + delayMs;
  let cancel = () => {};
  // A timer counts from when the event loop last looked at its clock, so it may be early.
  const look = () => {
    const restMs = endsAt - clock.now();
    if (restMs <= 0) resolve();
    else cancel = clock.schedule(look, restMs);
  };
  look();
  try {
    await promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}
