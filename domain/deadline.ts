/**
 * An AbortSignal does not tell when it will abort. Whoever must know before it happens, to not begin a wait that cannot
 * end in time, finds it here under the signal itself: so no port's request has to carry it.
 */
const deadlines = new WeakMap<AbortSignal, number>();

/**
 * Says when the signal will abort at the latest. A signal that is derived from another one is to be given its deadline too.
 * @param atMs on the clock of `performance.now()`
 */
export function setDeadline(signal: AbortSignal, atMs: number): void {
  deadlines.set(signal, atMs);
}

/** When the signal will abort at the latest, on the clock of `performance.now()`; Infinity where nobody said. */
export function deadlineOf(signal: AbortSignal): number {
  return deadlines.get(signal) ?? Number.POSITIVE_INFINITY;
}
