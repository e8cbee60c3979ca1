import fc from "fast-check";
import { expect, it } from "vitest";
import { duration } from "../../../adapters/inbound/http/rate-limit-headers.ts";
import { MinuteBucket } from "../../../infrastructure/keys/minute-bucket.ts";

it("gives all of a minute at once, and what was used comes back evenly", () => {
  const bucket = new MinuteBucket(60, 0);
  bucket.use(60, 0);
  expect(bucket.allowance(0, 0)).toEqual({ limit: 60, remaining: 0, resetMs: 60_000 });
  expect(bucket.waitMs(1, 0)).toBe(1_000);
  expect(bucket.allowance(0, 30_000)).toEqual({ limit: 60, remaining: 30, resetMs: 30_000 });
  expect(bucket.allowance(10, 30_000)).toEqual({ limit: 60, remaining: 20, resetMs: 40_000 });
  expect(bucket.allowance(0, 300_000)).toEqual({ limit: 60, remaining: 60, resetMs: 0 });
});

it("may be used beyond its end, and gives nothing until that is made up for", () => {
  const bucket = new MinuteBucket(100, 0);
  bucket.use(250, 0);
  expect(bucket.allowance(0, 0)).toEqual({ limit: 100, remaining: 0, resetMs: 150_000 });
  expect(bucket.waitMs(1, 89_999)).toBeGreaterThan(0);
  expect(bucket.waitMs(1, 91_000)).toBe(0);
});

it("lets no more through in any time than its limit and what came back in that time", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), steps, (limit, pauses) => {
      const bucket = new MinuteBucket(limit, 0);
      let now = 0;
      let passed = 0;
      for (const pause of pauses) {
        now += pause;
        if (bucket.waitMs(1, now) > 0) continue;
        bucket.use(1, now);
        passed += 1;
        expect(passed).toBeLessThanOrEqual(limit + (now / 60_000) * limit + 1e-6);
      }
    }),
  );
});

it("has one whoever waited as long as it said", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 5_000_000 }), (limit, used) => {
      const bucket = new MinuteBucket(limit, 0);
      bucket.use(used, 0);
      expect(bucket.waitMs(1, bucket.waitMs(1, 0))).toBe(0);
    }),
  );
});

it.each([
  [0, "0ms"],
  [12.3, "13ms"],
  [999, "999ms"],
  [1_000, "1s"],
  [1_449, "1.5s"],
  [59_900, "59.9s"],
  [59_999, "1m0s"],
  [61_200, "1m2s"],
  [360_000, "6m0s"],
])("%d ms are told as %s", (ms, text) => expect(duration(ms)).toBe(text));
