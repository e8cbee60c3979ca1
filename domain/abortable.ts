import { abortError, throwIfAborted } from "./errors.ts";

/** The work's outcome, or the signal's error as soon as it aborts; the work itself goes on. @throws ServiceError timeout, cancelled, the signal's own */
export async function abortable<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  // Whoever goes away leaves nobody to hear of its failure.
  work.catch(() => undefined);
  throwIfAborted(signal);
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(abortError(signal));
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
