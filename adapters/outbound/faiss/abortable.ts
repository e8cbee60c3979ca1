import { abortError, throwIfAborted } from "../../../domain/errors.ts";

/** The promise's outcome, or the signal's error as soon as it aborts; the work itself goes on. */
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
