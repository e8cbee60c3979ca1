import { ServiceError } from "../../../domain/errors.ts";
import type { Clock } from "./clock.ts";
import { TokenBucket } from "./token-bucket.ts";

const MAX_ATTEMPTS = 4;
const FIRST_BACKOFF_MS = 500;

/** Makes calls at the index's capacity, and makes them again where Kendra throttles them all the same. */
export class Quota {
  private readonly bucket: TokenBucket;
  private readonly clock: Clock;

  constructor(queriesPerSecond: number, clock: Clock) {
    this.bucket = new TokenBucket(queriesPerSecond, clock);
    this.clock = clock;
  }

  /**
   * What the call returns. A throttled one is made again, up to four times in all, after as long as Kendra asks for or a
   * random part of 0.5, 1, 2 seconds (full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
   * @throws ServiceError rate-limited, timeout, cancelled, and what the call throws
   */
  async run<Reply>(call: () => Promise<Reply>, signal: AbortSignal): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      await this.bucket.take(signal);
      try {
        return await call();
      } catch (error) {
        const isThrottled = error instanceof ServiceError && error.code === "rate-limited";
        if (!isThrottled || attempt === MAX_ATTEMPTS) throw error;
        this.bucket.empty();
        await this.clock.delay(error.retryAfterMs ?? Math.random() * FIRST_BACKOFF_MS * 2 ** (attempt - 1), signal);
      }
    }
  }
}
