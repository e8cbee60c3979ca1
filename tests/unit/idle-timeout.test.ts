import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idleTimeoutSeconds, keepAliveMs } from "../../infrastructure/idle-timeout.ts";

/** What `server.deadline_ms` may be. */
const DEADLINES_MS = fc.integer({ min: 1, max: 3_600_000 });
/** An application load balancer's own limit: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html */
const LONGEST_SECONDS = 4_000;

describe("how long an idle connection lives", () => {
  it("is five minutes in a load balancer, where requests may take one", () => {
    expect(idleTimeoutSeconds(60_000)).toBe(300);
    expect(keepAliveMs(60_000)).toBe(310_000);
  });

  it("is longer in a load balancer than a request may take, and no longer than a load balancer can be told", () => {
    fc.assert(
      fc.property(DEADLINES_MS, (deadlineMs) => {
        const seconds = idleTimeoutSeconds(deadlineMs);
        expect(seconds * 1_000).toBeGreaterThan(deadlineMs);
        expect(seconds).toBeLessThanOrEqual(LONGEST_SECONDS);
        expect(Number.isInteger(seconds)).toBe(true);
      }),
    );
  });

  it("is longer in the service than in the load balancer before it", () => {
    fc.assert(
      fc.property(DEADLINES_MS, (deadlineMs) => {
        expect(keepAliveMs(deadlineMs)).toBeGreaterThan(idleTimeoutSeconds(deadlineMs) * 1_000);
      }),
    );
  });
});
