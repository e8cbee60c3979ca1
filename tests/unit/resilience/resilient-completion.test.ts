import { describe, expect, it } from "vitest";
import { setDeadline } from "../../../domain/deadline.ts";
import type { ErrorCode } from "../../../domain/errors.ts";
import type { CompletionEvent, CompletionPort, CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { collected, eventsOf, failureOf, unending } from "../../contract/completion-harness.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { failure, modelOf, RecordedEvents, resilient } from "../../support/resilience.ts";

const REQUEST: CompletionRequest = {
  prompt: { system: "", messages: [{ role: "user", content: "When?" }], question: "When?", sources: [] },
};

/** Waits of up to ten seconds are over at once. */
const SKIPPED_MS = 10_000;

function says(text: string, contextTokens = 8_192): FakeCompletion {
  return new FakeCompletion({ deltas: [text] }, contextTokens);
}

function fails(fake: FakeCompletion, code: ErrorCode, times = 1, retryAfterMs?: number): FakeCompletion {
  for (let time = 0; time < times; time += 1) fake.failNext(failure(code, retryAfterMs));
  return fake;
}

/** What `complete` gives, and then what `stream` does. */
async function bothWays(open: () => { readonly port: ReturnType<typeof resilient> }) {
  const whole = await open().port.complete(REQUEST, unending());
  return [whole, collected(await eventsOf(open().port.stream(REQUEST, unending())))];
}

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

describe("fallbacks", () => {
  it("answer in the place of a model that fails, and the answer says so", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const recorder = new RecordedEvents();
    const open = () => {
      const chain = [
        modelOf("a", [fails(says("A."), "vendor-unavailable", 9)], clock),
        modelOf("b", [says("B.")], clock),
      ] as const;
      return { port: resilient([...chain], clock, { recorder }) };
    };
    for (const { text, warnings } of await bothWays(open)) {
      expect(text).toBe("B.");
      expect(warnings).toEqual(["The model a could not answer: b answered in its place."]);
    }
    const lines = ["a/0 vendor-unavailable", "retry a", "a/0 vendor-unavailable", "fallback a b", "b/0 answered"];
    expect(recorder.lines.toSorted()).toEqual([...lines, ...lines].toSorted());
  });

  it("each keep one attempt of the budget", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const [a, b] = [fails(says("A."), "vendor-unavailable", 9), fails(says("B."), "vendor-unavailable", 9)];
    const port = resilient(
      [modelOf("a", [a], clock), modelOf("b", [b], clock), modelOf("c", [says("C.")], clock)],
      clock,
    );
    expect((await port.complete(REQUEST, unending())).text).toBe("C.");
    expect([a.requests.length, b.requests.length]).toEqual([1, 1]);
  });

  it("keep theirs also where the model has more targets than the budget has attempts", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const fakes = [1, 2, 3].map(() => fails(says("A."), "vendor-unavailable", 9));
    const port = resilient([modelOf("a", fakes, clock), modelOf("b", [says("B.")], clock)], clock);
    expect((await port.complete(REQUEST, unending())).text).toBe("B.");
    expect(fakes.flatMap(({ requests }) => requests)).toHaveLength(2);
  });

  it("that lack what the request asks for are passed over, and do not narrow what the model supports", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const able = new FakeCompletion({ deltas: ["A."] }, 8_192, ["temperature", "stop"]);
    const unable = says("B.");
    const port = resilient(
      [modelOf("a", [fails(able, "vendor-unavailable", 9)], clock), modelOf("b", [unable], clock)],
      clock,
    );
    expect([...port.supports]).toEqual(["temperature", "stop"]);
    expect((await failureOf(port.complete({ ...REQUEST, stop: ["."] }, unending()))).code).toBe("vendor-unavailable");
    expect(unable.requests).toHaveLength(0);
    expect((await port.complete({ ...REQUEST, temperature: 1 }, unending())).text).toBe("B.");
  });

  it("with a larger window answer where the prompt was too long, and those with a smaller one are not asked", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const small = says("Small.", 4_096);
    const port = resilient(
      [
        modelOf("a", [fails(says("A."), "context-overflow", 1)], clock),
        modelOf("b", [small], clock),
        modelOf("c", [says("Large.", 128_000)], clock),
      ],
      clock,
    );
    expect((await port.complete(REQUEST, unending())).text).toBe("Large.");
    expect(small.requests).toHaveLength(0);
  });
});

describe("targets", () => {
  it("bound the prompt by the smallest window of all, fallbacks too, and support what each of them does", () => {
    const clock = new HandClock();
    const port = resilient(
      [
        modelOf(
          "a",
          [new FakeCompletion(undefined, 100, ["stop", "seed"]), new FakeCompletion(undefined, 90, ["seed"])],
          clock,
        ),
        modelOf("b", [new FakeCompletion(undefined, 80)], clock),
      ],
      clock,
    );
    expect([port.contextTokens, [...port.supports]]).toEqual([80, ["seed"]]);
  });

  it("share calls as their weights say, by what each has under way", async () => {
    const clock = new HandClock();
    const fakes = [says("A."), says("A."), says("A.")];
    const port = resilient([modelOf("a", fakes, clock, { weights: [3, 2, 1] })], clock);
    const holds = fakes.map((fake) => fake.hold());
    const calls = Array.from({ length: 24 }, () => port.complete(REQUEST, unending()));
    await Promise.all(holds.map(({ reached }) => reached));
    expect(fakes.map(({ requests }) => requests.length)).toEqual([12, 8, 4]);
    for (const hold of holds) hold.release();
    await Promise.all(calls);
  });

  it("that are idle are chosen by chance, each as often as its weight says", async () => {
    const clock = new HandClock();
    const fakes = [says("A."), says("A.")];
    let turn = 0;
    const random = () => (turn++ % 100) / 100;
    const port = resilient([modelOf("a", fakes, clock, { weights: [3, 1] })], clock, { random });
    for (let time = 0; time < 100; time += 1) await port.complete(REQUEST, unending());
    expect(fakes.map(({ requests }) => requests.length)).toEqual([75, 25]);
  });
});

describe("breakers", () => {
  it("keep requests from a target that fails too often, until one probe succeeds", async () => {
    const clock = new HandClock();
    const [bad, good] = [fails(says("Bad."), "vendor-unavailable", 3), says("Good.")];
    const port = resilient([modelOf("a", [bad], clock), modelOf("b", [good], clock)], clock, {
      retry: { attempts: 2, baseMs: 1, maxMs: 1 },
    });
    const ask = async () => (await port.complete(REQUEST, unending())).text;
    for (let time = 0; time < 8; time += 1) expect(await ask()).toBe("Good.");
    expect(bad.requests).toHaveLength(3);
    clock.pass(12_000);
    expect(await ask()).toBe("Bad.");
    expect(await ask()).toBe("Bad.");
  });

  it("let one request at a time probe", async () => {
    const clock = new HandClock();
    const [bad, good] = [fails(says("Bad."), "vendor-unavailable", 3), says("Good.")];
    const port = resilient([modelOf("a", [bad], clock), modelOf("b", [good], clock)], clock, {
      retry: { attempts: 2, baseMs: 1, maxMs: 1 },
    });
    const ask = async () => (await port.complete(REQUEST, unending())).text;
    for (let time = 0; time < 3; time += 1) await ask();
    clock.pass(12_000);
    const hold = bad.hold();
    const probe = ask();
    await hold.reached;
    expect(await Promise.all([ask(), ask()])).toEqual(["Good.", "Good."]);
    hold.release();
    expect(await probe).toBe("Bad.");
    expect(bad.requests).toHaveLength(4);
  });

  it("count neither what the caller cancels nor what it asks wrongly", async () => {
    const clock = new HandClock();
    const fake = says("Yes.");
    const model = modelOf("a", [fake], clock, { breaker: { minFailures: 1 } });
    const port = resilient([model], clock);
    for (const code of ["vendor-rejected", "content-refused", "context-overflow"] as const) {
      fails(fake, code);
      await failureOf(port.complete(REQUEST, unending()));
    }
    const hold = fake.hold();
    const controller = new AbortController();
    const cancelled = failureOf(port.complete(REQUEST, controller.signal));
    await hold.reached;
    controller.abort();
    expect((await cancelled).code).toBe("cancelled");
    hold.release();
    expect(model.targets[0]?.breaker.state).toBe("closed");
    expect(model.targets[0]?.inFlight).toBe(0);
  });

  it("that are all open leave a last resort: whoever has not failed for the longest time is asked, once", async () => {
    const clock = new HandClock();
    const recorder = new RecordedEvents();
    const fakes = [says("A."), says("B.")];
    const [a, b] = [modelOf("a", fakes.slice(0, 1), clock), modelOf("b", fakes.slice(1), clock)];
    const port = resilient([a, b], clock, { recorder });
    for (const target of [...a.targets, ...b.targets]) {
      for (let time = 0; time < 3; time += 1) target.breaker.failed("call");
      clock.pass(10);
    }
    fails(fakes[0] ?? says(""), "vendor-unavailable", 1);
    expect((await failureOf(port.complete(REQUEST, unending()))).code).toBe("vendor-unavailable");
    expect(fakes.map(({ requests }) => requests.length)).toEqual([1, 0]);
    expect(recorder.lines).toEqual(["last resort a", "a/0 vendor-unavailable"]);
    expect((await port.complete(REQUEST, unending())).text).toBe("B.");
    expect(b.targets[0]?.breaker.state).toBe("closed");
  });
});

describe("streams", () => {
  it("are begun again elsewhere before their first token, and never after it", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const broken = new FakeCompletion({ deltas: ["Half ", "an answer."] });
    broken.failNext(failure("vendor-unavailable"), 1);
    const other = says("Whole.");
    const port = resilient([modelOf("a", [broken], clock), modelOf("b", [other], clock)], clock);
    const events: CompletionEvent[] = [];
    const read = async () => {
      for await (const event of port.stream(REQUEST, unending())) events.push(event);
    };
    expect((await failureOf(read())).code).toBe("vendor-unavailable");
    expect(events).toEqual([{ type: "delta", text: "Half " }]);
    expect([broken.requests.length, other.requests.length]).toEqual([1, 0]);
  });

  it("that end before their end are an error", async () => {
    const clock = new HandClock(SKIPPED_MS);
    const { contextTokens, supports } = says("");
    const careless: CompletionPort = {
      contextTokens,
      supports,
      complete: () => Promise.reject(new Error("not asked")),
      async *stream() {},
    };
    const port = resilient([modelOf("a", [careless], clock)], clock);
    expect((await failureOf(eventsOf(port.stream(REQUEST, unending())))).code).toBe("vendor-reply-invalid");
  });
});
