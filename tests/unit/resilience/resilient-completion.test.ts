import { describe, expect, it } from "vitest";
import type { CompletionEvent, CompletionPort } from "../../../domain/ports/completion-port.ts";
import { eventsOf, failureOf, unending } from "../../contract/completion-harness.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { failure, modelOf, RecordedEvents, resilient } from "../../support/resilience.ts";
import { bothWays, fails, REQUEST, SKIPPED_MS, says } from "./resilience-harness.ts";

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
