import { describe, expect, it } from "vitest";
import { setDeadline } from "../../../domain/deadline.ts";
import { failureOf, unending } from "../../contract/completion-harness.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { failure, modelOf, resilient } from "../../support/resilience.ts";
import { bothWays, fails, REQUEST, SKIPPED_MS, says } from "./resilience-harness.ts";

describe("retries", () => {
  it("ask the only target again where it fails with what may pass, after waits that grow", async () => {
    for (const code of ["vendor-unavailable", "vendor-reply-invalid", "rate-limited"] as const) {
      const clock = new HandClock(SKIPPED_MS);
      const open = () => ({ port: resilient([modelOf("a", [fails(says("Yes."), code, 2)], clock)], clock) });
      for (const { text, warnings } of await bothWays(open)) {
        expect(text).toBe("Yes.");
        expect(warnings).toEqual([]);
      }
      expect(clock.waits).toEqual([125, 250, 125, 250]);
      expect(clock.pending).toBe(0);
    }
  });

  it("never exceed the budget of attempts, over all targets and fallbacks together", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const fakes = [1, 2, 3, 4].map(() => fails(says("No."), "vendor-unavailable", 9));
    const [a, b, c, d] = fakes;
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("four");
    const port = resilient([modelOf("x", [a, b], clock), modelOf("y", [c], clock), modelOf("z", [d], clock)], clock, {
      retry: { attempts: 3, baseMs: 250, maxMs: 5_000 },
    });
    expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe("vendor-unavailable");
    expect(fakes.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(3);
  });

  it("share what goes beyond first attempts with the other completions of the request", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const retry = { retry: { attempts: 3, baseMs: 250, maxMs: 5_000 } };
    const [one, other] = [fails(says("One."), "vendor-unavailable", 2), fails(says("Other."), "vendor-unavailable")];
    const [first, second] = [one, other].map((fake) => resilient([modelOf("a", [fake], clock)], clock, retry));
    const request = unending();
    expect((await first?.complete(REQUEST, request))?.text).toBe("One.");
    const failed = await failureOf(second?.complete(REQUEST, request) ?? Promise.resolve());
    expect(failed.code).toBe("vendor-unavailable");
    expect([one, other].map(({ requests }) => requests.length)).toEqual([3, 1]);
    expect((await second?.complete(REQUEST, unending()))?.text).toBe("Other.");
  });

  for (const code of ["vendor-rejected", "content-refused", "context-overflow"] as const) {
    it(`give \`${code}\` to the caller at once: another attempt would end alike`, async () => {
      const clock = new HandClock(SKIPPED_MS);
      const fakes = [says("Yes."), says("Yes.")];
      for (const fake of fakes) fails(fake, code);
      const port = resilient([modelOf("a", fakes, clock), modelOf("b", [says("Other.")], clock)], clock);
      expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe(code);
      expect(fakes.map(({ requests }) => requests.length).toSorted()).toEqual([0, 1]);
    });
  }

  it("do not ask a target again whose credentials are refused, but ask another one", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const open = () => {
      const fakes = [says("One."), says("One.")];
      return { fakes, port: resilient([modelOf("a", fakes, clock)], clock) };
    };
    const lone = fails(says("One."), "vendor-auth", 9);
    const alone = resilient([modelOf("a", [lone], clock)], clock);
    expect((await failureOf(alone.complete(REQUEST, unending()))).code).toBe("vendor-auth");
    expect(lone.requests).toHaveLength(1);
    const { fakes, port } = open();
    for (const fake of fakes) fails(fake, "vendor-auth");
    await failureOf(port.complete(REQUEST, unending()));
    expect(fakes.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });

  it("throw what is no ServiceError at once: it is a bug", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const fake = says("Yes.");
    fake.failNext(new RangeError("a bug"));
    const port = resilient([modelOf("a", [fake], clock)], clock);
    await expect(port.complete(REQUEST, unending())).rejects.toThrow(RangeError);
    expect(fake.requests).toHaveLength(1);
  });
});

describe("a deadline", () => {
  it("leaves out a wait that would pass it, and asks a fallback that can be asked at once", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const failing = fails(says("A."), "vendor-unavailable", 9);
    const port = resilient([modelOf("a", [failing], clock), modelOf("b", [says("B.")], clock)], clock);
    const signal = unending();
    setDeadline(signal, clock.now() + 125);
    expect((await port.complete(REQUEST, signal)).text).toBe("B.");
    expect([clock.waits, failing.requests.length]).toEqual([[], 1]);
  });
});

describe("a vendor that says how long to wait", () => {
  it("is waited for, and a little longer, where nobody else can be asked", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const port = resilient([modelOf("a", [fails(says("Yes."), "rate-limited", 1, 7_000)], clock)], clock);
    expect((await port.complete(REQUEST, unending())).text).toBe("Yes.");
    expect(clock.waits).toEqual([7_125]);
  });

  it("is not waited for where another target, or a fallback, can be asked at once", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const fakes = [fails(says("One."), "rate-limited", 1, 7_000), fails(says("One."), "rate-limited", 1, 3_000)];
    const port = resilient([modelOf("a", fakes, clock), modelOf("b", [says("Other.")], clock)], clock);
    expect((await port.complete(REQUEST, unending())).text).toBe("Other.");
    expect(clock.waits).toEqual([]);
  });

  it("is waited for no longer than is left of its time", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const limited = fails(says("One."), "rate-limited", 1, 7_000);
    const slow = new FakeCompletion(() => {
      clock.pass(4_000);
      throw failure("vendor-auth");
    });
    const port = resilient([modelOf("a", [limited], clock), modelOf("b", [slow], clock)], clock);
    expect((await port.complete(REQUEST, unending())).text).toBe("One.");
    expect(clock.waits).toEqual([3_125]);
  });

  it("makes the request fail at once with the vendor's error where the wait would pass the deadline", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const fake = fails(says("Yes."), "rate-limited", 1, 7_000);
    const port = resilient([modelOf("a", [fake], clock)], clock);
    const signal = unending();
    setDeadline(signal, clock.now() + 7_000);
    expect(await failureOf(port.complete(REQUEST, signal))).toMatchObject({
      code: "rate-limited",
      retryAfterMs: 7_000,
    });
    expect([clock.waits, fake.requests.length]).toEqual([[], 1]);
  });

  it("is left alone by other requests until then, while others can be asked", async () => {
    const clock = new HandClock();
    const [limited, free] = [fails(says("One."), "rate-limited", 1, 7_000), says("Two.")];
    const port = resilient([modelOf("a", [limited, free], clock, { weights: [9, 1] })], clock);
    for (let time = 0; time < 5; time += 1) await port.complete(REQUEST, unending());
    expect([limited.requests.length, free.requests.length]).toEqual([1, 5]);
    clock.pass(7_000);
    await port.complete(REQUEST, unending());
    expect(limited.requests).toHaveLength(2);
  });
});
