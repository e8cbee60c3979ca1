import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RollingCounts } from "../../../infrastructure/resilience/rolling-counts.ts";

describe("counts over a rolling window", () => {
  it("count every call of the last nine tenths of the window, and none from before it", () => {
    const calls = fc.array(fc.record({ afterMs: fc.nat(400), isSuccess: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(calls, (script) => {
        const counts = new RollingCounts(1_000);
        let now = 0;
        const added: { readonly at: number; readonly isSuccess: boolean }[] = [];
        for (const { afterMs, isSuccess } of script) {
          now += afterMs;
          counts.add(isSuccess, now);
          added.push({ at: now, isSuccess });
          const { succeeded, failed } = counts.read(now);
          const since = (ms: number) => added.filter(({ at }) => at > now - ms);
          for (const [count, wanted] of [
            [succeeded, true],
            [failed, false],
          ] as const) {
            expect(count).toBeGreaterThanOrEqual(since(900).filter((call) => call.isSuccess === wanted).length);
            expect(count).toBeLessThanOrEqual(since(1_000).filter((call) => call.isSuccess === wanted).length);
          }
        }
      }),
    );
  });
});
