import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "../../../adapters/outbound/kendra/token-bucket.ts";
import { SkippingClock } from "../../support/skipping-clock.ts";

const unending = new AbortController().signal;

/** A bucket from which nothing can be taken at once. */
function emptied(perSecond: number, clock: SkippingClock): TokenBucket {
  const bucket = new TokenBucket(perSecond, clock);
  bucket.empty();
  return bucket;
}

describe("TokenBucket", () => {
  it("lets ten minutes' worth go at once, then one at a time", async () => {
    const clock = new SkippingClock();
    const bucket = new TokenBucket(0.1, clock);
    for (let call = 0; call < 60; call++) await bucket.take(unending);
    expect(clock.waits).toEqual([]);
    await bucket.take(unending);
    expect(clock.waits).toEqual([10_000]);
  });

  it("saves up what is not used, for a day", async () => {
    const clock = new SkippingClock();
    const bucket = emptied(0.1, clock);
    clock.pass(7 * 86_400_000);
    for (let call = 0; call < 8_640; call++) await bucket.take(unending);
    expect(clock.waits).toEqual([]);
    await bucket.take(unending);
    expect(clock.waits).toHaveLength(1);
  });

  it("refuses, and says for how long, where the wait would be longer than a minute", async () => {
    const clock = new SkippingClock();
    const bucket = emptied(0.01, clock);
    await expect(bucket.take(unending)).rejects.toMatchObject({
      code: "rate-limited",
      retryable: true,
      retryAfterMs: 100_000,
    });
    expect(clock.waits).toEqual([]);
  });

  it("takes nothing for a call that was called off", async () => {
    const clock = new SkippingClock();
    const bucket = emptied(0.1, clock);
    await expect(bucket.take(AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
    const aborting = new AbortController();
    const delayed = new (class extends SkippingClock {
      override async delay(milliseconds: number, signal: AbortSignal) {
        aborting.abort();
        await super.delay(milliseconds, signal);
      }
    })();
    const other = emptied(0.1, delayed);
    await expect(other.take(aborting.signal)).rejects.toMatchObject({ code: "cancelled" });
    await emptied(0.1, clock).take(unending);
    expect(clock.waits).toEqual([10_000]);
  });

  it("never lets more go in any stretch of time than were saved up and came meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.05, max: 50, noNaN: true }),
        fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 200 }),
        async (perSecond, pauses) => {
          const clock = new SkippingClock();
          const bucket = emptied(perSecond, clock);
          for (const [calls, pauseMs] of pauses.entries()) {
            clock.pass(pauseMs);
            await bucket.take(unending);
            expect(calls + 1).toBeLessThanOrEqual((clock.now() / 1_000) * perSecond + 1e-6);
          }
        },
      ),
    );
  });
});
