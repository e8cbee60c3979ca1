import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Admission, CircuitBreaker } from "../../../infrastructure/resilience/circuit-breaker.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { BREAKER } from "../../support/resilience.ts";

function opened(settings = {}, random = 0.5) {
  const clock = new HandClock();
  return { clock, breaker: new CircuitBreaker({ ...BREAKER, ...settings }, clock, () => random) };
}

function fail(breaker: CircuitBreaker, times: number): void {
  for (let time = 0; time < times; time += 1) breaker.failed(breaker.admit() ?? "last-resort");
}

describe("the circuit breaker", () => {
  it("opens where enough calls failed, and not one failure earlier", () => {
    const { breaker } = opened();
    fail(breaker, 2);
    expect(breaker.state).toBe("closed");
    fail(breaker, 1);
    expect(breaker.state).toBe("open");
    expect(breaker.admit()).toBeUndefined();
  });

  it("stays closed where most calls succeed, however many fail", () => {
    const { breaker } = opened();
    for (let time = 0; time < 20; time += 1) {
      for (const _ of [1, 2]) breaker.succeeded(breaker.admit() ?? "call");
      fail(breaker, 1);
    }
    expect(breaker.state).toBe("closed");
  });

  it("forgets failures that the window has left behind", () => {
    const { breaker, clock } = opened();
    fail(breaker, 2);
    clock.pass(BREAKER.windowMs);
    fail(breaker, 2);
    expect(breaker.state).toBe("closed");
  });

  it("lets one call through after its open time, and closes where that succeeds", () => {
    const { breaker, clock } = opened();
    fail(breaker, 3);
    clock.pass(BREAKER.openMs - 1);
    expect(breaker.state).toBe("open");
    clock.pass(1);
    expect(breaker.state).toBe("half-open");
    expect([breaker.admit(), breaker.admit()]).toEqual(["probe", undefined]);
    breaker.succeeded("probe");
    expect(breaker.state).toBe("closed");
    fail(breaker, 2);
    expect(breaker.state).toBe("closed");
  });

  it("opens again where the probe fails, and lets another one through where the probe's caller went away", () => {
    const { breaker, clock } = opened();
    fail(breaker, 3);
    clock.pass(BREAKER.openMs);
    breaker.failed(breaker.admit() ?? "call");
    expect(breaker.state).toBe("open");
    clock.pass(BREAKER.openMs);
    breaker.released(breaker.admit() ?? "call");
    expect(breaker.admit()).toBe("probe");
  });

  it("stays open up to a fifth more or less by chance", () => {
    for (const [random, openMs] of [
      [0, 8_000],
      [0.999, 11_996],
    ] as const) {
      const { breaker, clock } = opened({}, random);
      fail(breaker, 3);
      clock.pass(openMs - 1);
      expect(breaker.state).toBe("open");
      clock.pass(1);
      expect(breaker.state).toBe("half-open");
    }
  });

  it("keeps calls away for as long as a vendor asked, but for five minutes at most, and counts no failure", () => {
    const { breaker, clock } = opened();
    for (let time = 0; time < 10; time += 1) breaker.coolsDown("call", 7_000);
    expect(breaker.state).toBe("open");
    clock.pass(7_000);
    expect([breaker.state, breaker.admit()]).toEqual(["closed", "call"]);
    breaker.coolsDown("call", 86_400_000);
    clock.pass(299_999);
    expect(breaker.state).toBe("open");
    clock.pass(1);
    expect(breaker.state).toBe("closed");
  });

  it("closes where the last resort succeeds, and stays open where it fails", () => {
    const { breaker } = opened();
    fail(breaker, 3);
    breaker.failed("last-resort");
    expect(breaker.state).toBe("open");
    breaker.succeeded("last-resort");
    expect(breaker.state).toBe("closed");
  });

  it("takes no word of a call that began before it opened", () => {
    const { breaker } = opened();
    const early = breaker.admit() ?? "probe";
    fail(breaker, 3);
    breaker.succeeded(early);
    expect(breaker.state).toBe("open");
  });

  it("never has two probes under way, and is closed after a probe that succeeded, whatever happens", () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("admit" as const) }),
        fc.record({ kind: fc.constant("last-resort" as const) }),
        fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 15_000 }) }),
        fc.record({
          kind: fc.constant("report" as const),
          which: fc.nat(20),
          outcome: fc.constantFrom("succeeded", "failed", "released", "coolsDown"),
        }),
      ),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(steps, (script) => {
        const { breaker, clock } = opened();
        const underWay: Admission[] = [];
        for (const step of script) {
          if (step.kind === "pass") clock.pass(step.ms);
          else if (step.kind === "last-resort") underWay.push("last-resort");
          else if (step.kind === "admit") {
            const before = breaker.state;
            const admission = breaker.admit();
            if (admission !== undefined) underWay.push(admission);
            if (before === "open") expect(admission).toBeUndefined();
            if (before === "closed") expect(admission).toBe("call");
          } else {
            const [admission] = underWay.splice(step.which % Math.max(1, underWay.length), 1);
            if (admission === undefined) continue;
            const wasHalfOpen = breaker.state === "half-open";
            if (step.outcome === "coolsDown") breaker.coolsDown(admission, 1_000);
            else breaker[step.outcome as "succeeded" | "failed" | "released"](admission);
            if (admission === "probe" && wasHalfOpen && step.outcome === "succeeded") {
              expect(breaker.state).toBe("closed");
            }
            if (admission === "probe" && wasHalfOpen && step.outcome === "failed") expect(breaker.state).toBe("open");
          }
          expect(underWay.filter((admission) => admission === "probe").length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
