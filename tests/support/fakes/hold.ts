import { abortError } from "../../../domain/errors.ts";

/** Calls that wait in the test's hand. */
export interface Held {
  /** Resolves once a call waits. */
  readonly reached: Promise<void>;
  /** Resolves once a waiting call was aborted. */
  readonly stopped: Promise<void>;
  /** Lets waiting and later calls go on. */
  release(): void;
}

/** Where the calls of a fake wait while the test holds them. */
export class Hold {
  private wait: ((signal: AbortSignal) => Promise<void>) | undefined;

  /** Makes calls wait from now on, until they are released or aborted. */
  hold(): Held {
    const reached = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.wait = async (signal) => {
      const aborted = Promise.withResolvers<never>();
      const abort = () => {
        stopped.resolve();
        aborted.reject(abortError(signal));
      };
      signal.addEventListener("abort", abort, { once: true });
      reached.resolve();
      await Promise.race([released.promise, aborted.promise]).finally(() => signal.removeEventListener("abort", abort));
    };
    const release = () => {
      this.wait = undefined;
      released.resolve();
    };
    return { reached: reached.promise, stopped: stopped.promise, release };
  }

  /** Returns at once where nothing is held. @throws ServiceError timeout, cancelled */
  async pass(signal: AbortSignal): Promise<void> {
    await this.wait?.(signal);
  }
}
