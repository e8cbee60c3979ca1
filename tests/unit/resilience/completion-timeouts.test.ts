import { describe, expect, it } from "vitest";
import type { CompletionEvent, CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { eventsOf, failureOf, unending } from "../../contract/completion-harness.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { modelOf, RecordedEvents, resilient } from "../../support/resilience.ts";
import { watchedSignal } from "../../support/watched-signal.ts";

// The bounds are those of tests/support/resilience.ts: 20 s to the first token, 15 s of silence, 60 s an attempt, 100 s in all.

const REQUEST: CompletionRequest = {
  prompt: { system: "", messages: [{ role: "user", content: "When?" }], question: "When?", sources: [] },
};

function opened(fakes: readonly FakeCompletion[], attempts = 1) {
  const clock = new HandClock();
  const recorder = new RecordedEvents();
  const model = modelOf("a", fakes, clock);
  const retry = { attempts, baseMs: 1, maxMs: 1 };
  return { clock, recorder, model, port: resilient([model], clock, { retry, recorder }) };
}

/** Events are taken one by one, so that the test decides when the reader waits. */
function reader(stream: AsyncIterable<CompletionEvent>): () => Promise<CompletionEvent | undefined> {
  const iterator = stream[Symbol.asyncIterator]();
  return async () => (await iterator.next()).value;
}

describe("the bounds of an attempt", () => {
  it("end one that does not begin to answer, as the vendor's failure, and leave no timer and no listener", async () => {
    const fake = new FakeCompletion();
    const hold = fake.hold();
    const { clock, port, recorder } = opened([fake]);
    const watched = watchedSignal();
    const failed = failureOf(eventsOf(port.stream(REQUEST, watched.signal)));
    await hold.reached;
    clock.pass(19_999);
    expect(clock.pending).toBe(1);
    clock.pass(1);
    expect(await failed).toMatchObject({
      code: "vendor-unavailable",
      retryable: true,
      message: "The model a did not begin to answer within 20000 ms.",
    });
    await hold.stopped;
    await watched.unheard();
    expect([clock.pending, recorder.lines]).toEqual([0, ["a/0 vendor-unavailable"]]);
  });

  it("give a request that stalls before its first token to another target", async () => {
    const [silent, other] = [new FakeCompletion(), new FakeCompletion({ deltas: ["Other."] })];
    const hold = silent.hold();
    // Chance is a half, and takes the second of two that are idle.
    const { clock, port } = opened([other, silent], 2);
    const answer = eventsOf(port.stream(REQUEST, unending()));
    await hold.reached;
    clock.pass(20_000);
    expect((await answer)[0]).toEqual({ type: "delta", text: "Other." });
  });

  it("end a stream that falls silent amid its answer, and never begin it anew", async () => {
    const fakes = [new FakeCompletion({ deltas: ["One ", "two."] }), new FakeCompletion({ deltas: ["One ", "two."] })];
    const holds = fakes.map((fake) => fake.hold(1));
    const { clock, port } = opened(fakes, 3);
    const next = reader(port.stream(REQUEST, unending()));
    expect(await next()).toEqual({ type: "delta", text: "One " });
    const failed = failureOf(next());
    await Promise.race(holds.map(({ reached }) => reached));
    clock.pass(14_999);
    clock.pass(1);
    expect(await failed).toMatchObject({
      code: "vendor-unavailable",
      message: "The model a was silent for 15000 ms amid its answer.",
    });
    expect(fakes.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it("do not hold a slow reader against the vendor", async () => {
    const fake = new FakeCompletion({ deltas: ["One ", "two ", "three."] });
    const { clock, port, model } = opened([fake]);
    const next = reader(port.stream(REQUEST, unending()));
    expect(await next()).toEqual({ type: "delta", text: "One " });
    clock.pass(40_000);
    expect(await next()).toEqual({ type: "delta", text: "two " });
    clock.pass(40_000);
    expect(await next()).toEqual({ type: "delta", text: "three." });
    expect((await next())?.type).toBe("finish");
    expect(model.targets[0]?.breaker.state).toBe("closed");
  });

  it("set one timer for an answer, however many events it has", async () => {
    const fake = new FakeCompletion({ deltas: Array.from({ length: 1_000 }, () => "word ") });
    const clock = new HandClock();
    let timers = 0;
    const counting = {
      now: () => clock.now(),
      schedule: (callback: () => void, ms: number) => {
        timers += 1;
        return clock.schedule(callback, ms);
      },
    };
    const events = await eventsOf(resilient([modelOf("a", [fake], clock)], counting).stream(REQUEST, unending()));
    expect([events.length, timers, clock.pending]).toEqual([1_001, 2, 0]);
  });

  it("end an answer that comes whole and is not there in time", async () => {
    const fake = new FakeCompletion();
    const hold = fake.hold();
    const { clock, port } = opened([fake]);
    const failed = failureOf(port.complete(REQUEST, unending()));
    await hold.reached;
    clock.pass(59_999);
    expect(clock.pending).toBe(1);
    clock.pass(1);
    expect(await failed).toMatchObject({
      code: "vendor-unavailable",
      message: "The model a did not end its answer within 60000 ms.",
    });
  });

  it("of a whole completion are a deadline, after which nothing is tried any more", async () => {
    const fakes = [new FakeCompletion(), new FakeCompletion()];
    const [first, second] = fakes.map((fake) => fake.hold());
    const { clock, port, model } = opened(fakes.toReversed(), 9);
    const failed = failureOf(port.complete(REQUEST, unending()));
    await first?.reached;
    clock.pass(60_000);
    await second?.reached;
    clock.pass(40_000);
    expect(await failed).toMatchObject({ code: "timeout", retryable: true });
    expect(fakes.map(({ requests }) => requests.length)).toEqual([1, 1]);
    expect([clock.pending, ...model.targets.map(({ inFlight }) => inFlight)]).toEqual([0, 0, 0]);
  });
});
