import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  deploymentMinutes,
  deregistrationDelaySeconds,
  drainProblem,
  STOP_TIMEOUT_SECONDS,
} from "../../../infrastructure/aws/request-times.ts";
import { loadConfig } from "../../../infrastructure/config/load.ts";
import { SHUTDOWN_DELAY_MS } from "../../../infrastructure/shutdown-delay.ts";

/** What the config's `server` may be. */
const TIMES = fc.record({
  deadlineMs: fc.integer({ min: 1, max: 3_600_000 }),
  shutdownMs: fc.integer({ min: 0, max: 600_000 }),
});

describe("the times of a deployment", () => {
  it("let a request end that may take as long as any, as far as a target group can be told", () => {
    fc.assert(
      fc.property(TIMES, (times) => {
        const seconds = deregistrationDelaySeconds(times);
        expect(seconds * 1_000).toBeGreaterThanOrEqual(times.deadlineMs);
        expect(seconds).toBeLessThanOrEqual(3_600);
        expect(Number.isInteger(seconds)).toBe(true);
      }),
    );
  });

  it("let the old task leave before `up` gives up", () => {
    fc.assert(
      fc.property(TIMES, (times) => {
        expect(deploymentMinutes(times) * 60).toBeGreaterThan(deregistrationDelaySeconds(times) + STOP_TIMEOUT_SECONDS);
      }),
    );
  });

  it("are refused where Fargate would kill a service that still drains, with the longest that does", () => {
    expect(drainProblem({ deadlineMs: 60_000, shutdownMs: 105_000 })).toBeUndefined();
    expect(drainProblem({ deadlineMs: 60_000, shutdownMs: 105_001 })).toContain("together at most 105000");
  });

  it("fit the config that is shipped", async () => {
    const { server } = await loadConfig({ configFile: "pharos.yaml", dataDirectory: "", variables: {} });
    const times = { deadlineMs: server.deadline_ms, shutdownMs: SHUTDOWN_DELAY_MS + server.drain_ms };
    expect(drainProblem(times)).toBeUndefined();
    expect(deregistrationDelaySeconds(times)).toBe(70);
  });
});
