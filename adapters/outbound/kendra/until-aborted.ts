import { abortError } from "../../../domain/errors.ts";

/** The work's outcome, or the signal's error as soon as it aborts; the work itself goes on unheard. @throws ServiceError timeout, cancelled */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(abortError(signal));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
