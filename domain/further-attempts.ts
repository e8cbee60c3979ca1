/** Attempts beyond the first of each completion, all completions of one request together. */
export interface FurtherAttempts {
  made: number;
}

/** Under the signal itself, as the deadline is: a request may take several completions, and none knows of the others. */
const underSignals = new WeakMap<AbortSignal, FurtherAttempts>();

/** Those of the completions that this signal stops: the same object for the same signal. */
export function furtherAttemptsUnder(signal: AbortSignal): FurtherAttempts {
  const known = underSignals.get(signal);
  if (known !== undefined) return known;
  const none = { made: 0 };
  underSignals.set(signal, none);
  return none;
}

/** Counts what is done under a signal that is derived from another one with what is done under that. */
export function countTogether(derived: AbortSignal, signal: AbortSignal): void {
  underSignals.set(derived, furtherAttemptsUnder(signal));
}
