import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConcurrencyLimit } from "../../../domain/concurrency-limit.ts";
import { watchedSignal } from "../../support/watched-signal.ts";

const never = new AbortController().signal;

/** Calls that end when the test says so, in the order in which they began. */
function held() {
  const begun: { readonly name: string; end(): void; fail(error: Error): void }[] = [];
  const call = (name: string) => () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    begun.push({ name, end: () => resolve(name), fail: reject });
    return promise;
  };
  /** The call that began at this place, once it has begun. */
  const at = async (index: number) => {
    for (;;) {
      const entry = begun[index];
      if (entry !== undefined) return entry;
      await Promise.resolve();
    }
  };
  const end = async (index: number) => (await at(index)).end();
  return { at, call, end, names: () => begun.map(({ name }) => name) };
}

describe("ConcurrencyLimit", () => {
  it("has no more calls under way than it may, and ends all, whoever makes them", async () => {
    const loads = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), loads, async (max, sizes) => {
        const limit = new ConcurrencyLimit(max);
        let underWay = 0;
        let most = 0;
        const call = async (part: number) => {
          underWay += 1;
          most = Math.max(most, underWay);
          for (let turns = 0; turns <= part % 3; turns++) await Promise.resolve();
          underWay -= 1;
          return part * 2;
        };
        const all = sizes.map((size) => Array.from({ length: size }, (_, index) => index));
        const results = await Promise.all(all.map((parts, index) => limit.runAll(parts, call, index % 2 === 0, never)));
        expect(results).toEqual(all.map((parts) => parts.map((part) => part * 2)));
        const total = sizes.reduce((sum, size) => sum + size, 0);
        expect(most).toBe(Math.min(max, total));
      }),
      { numRuns: 50 },
    );
  });

  it("lets an urgent call go before all others that wait", async () => {
    const limit = new ConcurrencyLimit(1);
    const { call, end, names } = held();
    const work = [
      limit.run(call("first"), false, never),
      limit.run(call("second"), false, never),
      limit.run(call("third"), false, never),
      limit.run(call("query"), true, never),
    ];
    for (const [index, outcome] of [0, 3, 1, 2].entries()) {
      await end(index);
      await work[outcome];
    }
    expect(names()).toEqual(["first", "query", "second", "third"]);
  });

  it("lets go of a caller whose signal aborts while it waits, and never makes its call", async () => {
    const limit = new ConcurrencyLimit(1);
    const { call, end, names } = held();
    const first = limit.run(call("first"), false, never);
    const controller = new AbortController();
    const waiting = limit.run(call("waiting"), false, controller.signal);
    const last = limit.run(call("last"), false, never);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    await end(0);
    await first;
    await end(1);
    await last;
    expect(names()).toEqual(["first", "last"]);
  });

  it("keeps the place of a caller that has gone until its call has ended", async () => {
    const limit = new ConcurrencyLimit(1);
    const { at, call, end, names } = held();
    const controller = new AbortController();
    const gone = limit.run(call("gone"), false, controller.signal);
    const next = limit.run(call("next"), false, never);
    await at(0);
    controller.abort(new DOMException("The operation timed out.", "TimeoutError"));
    await expect(gone).rejects.toMatchObject({ code: "timeout" });
    expect(names()).toEqual(["gone"]);
    await end(0);
    await end(1);
    expect(await next).toBe("next");
  });

  it("frees the place of a call that fails or throws", async () => {
    const limit = new ConcurrencyLimit(1);
    const { at, call } = held();
    const failing = limit.run(call("failing"), false, never);
    (await at(0)).fail(new Error("no"));
    await expect(failing).rejects.toThrow("no");
    const throwing = () => {
      throw new Error("at once");
    };
    await expect(limit.run(throwing, false, never)).rejects.toThrow("at once");
    expect(await limit.run(async () => "well", false, never)).toBe("well");
  });

  it("refuses with `overloaded` what is more than 1,024 calls that wait, but takes an urgent one", async () => {
    const limit = new ConcurrencyLimit(1);
    const { call, end } = held();
    const controller = new AbortController();
    const first = limit.run(call("first"), false, never);
    const waiting = Array.from({ length: 1_024 }, () => limit.run(call("waiting"), false, controller.signal));
    const settled = Promise.allSettled(waiting);
    await expect(limit.run(call("one more"), false, never)).rejects.toMatchObject({
      code: "overloaded",
      retryable: true,
    });
    const urgent = limit.run(call("urgent"), true, never);
    controller.abort();
    await settled;
    await end(0);
    await first;
    await end(1);
    expect(await urgent).toBe("urgent");
  });

  it("ends the other calls where one part fails, and makes no more", async () => {
    const limit = new ConcurrencyLimit(2);
    const signals: AbortSignal[] = [];
    const call = async (part: number, signal: AbortSignal) => {
      signals.push(signal);
      if (part === 1) throw new Error("part 1");
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    };
    await expect(limit.runAll([0, 1, 2, 3], call, false, never)).rejects.toThrow("part 1");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(await limit.runAll([], call, false, never)).toEqual([]);
  });

  it("leaves no listener on the signal", async () => {
    const limit = new ConcurrencyLimit(1);
    const watched = watchedSignal();
    await limit.runAll([1, 2, 3], async (part) => part, false, watched.signal);
    await watched.unheard();
  });
});
