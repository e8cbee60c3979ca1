import { setTimeout as delay } from "node:timers/promises";
import { abortError } from "../../../domain/errors.ts";

/** What paces calls; tests bring their own. */
export interface Clock {
  /** Milliseconds since some moment, never falling. */
  now(): number;
  /** Resolves after so many milliseconds. @throws ServiceError timeout, cancelled, as soon as the signal aborts */
  delay(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  async delay(milliseconds, signal) {
    await delay(milliseconds, undefined, { signal }).catch(() => {
      throw abortError(signal);
    });
  },
};
