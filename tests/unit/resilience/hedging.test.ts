import { describe, expect, it } from "vitest";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { LatencySamples } from "../../../infrastructure/resilience/latency-samples.ts";
import { eventsOf, failureOf, unending } from "../../contract/completion-harness.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { failure, modelOf, RecordedEvents, resilient } from "../../support/resilience.ts";
import { watchedSignal } from "../../support/watched-signal.ts";

const REQUEST: CompletionRequest = {
  prompt: { system: "", messages: [{ role: "user", content: "When?" }], question: "When?", sources: [] },
};

/** Two targets of which the first is asked first, and twenty answers that came at once. */
async function warm(hedgePercentile?: number) {
  const clock = new HandClock();
  const [first, second] = [new FakeCompletion({ deltas: ["First."] }), new FakeCompletion({ deltas: ["Second."] })];
  const model = modelOf("a", [first, second], clock, { weights: [1_000, 1] });
  const recorder = new RecordedEvents();
  const port = resilient([model], clock, {
    random: () => 0,
    recorder,
    ...(hedgePercentile === undefined ? {} : { hedgePercentile }),
  });
  for (let time = 0; time < 20; time += 1) await eventsOf(port.stream(REQUEST, unending()));
  expect([first.requests.length, second.requests.length]).toEqual([20, 0]);
  recorder.lines.length = 0;
  return { clock, first, second, model, recorder, port };
}

describe("hedging", () => {
  it("asks a second target where the first is slower than the percentile, and cancels the loser", async () => {
    const { clock, first, second, model, recorder, port } = await warm(95);
    const hold = first.hold();
    const watched = watchedSignal();
    const answer = eventsOf(port.stream(REQUEST, watched.signal));
    await hold.reached;
    expect(second.requests).toHaveLength(0);
    clock.pass(1);
    expect((await answer)[0]).toEqual({ type: "delta", text: "Second." });
    await hold.stopped;
    await watched.unheard();
    expect(recorder.lines).toEqual(["hedge a", "a/0 left", "a/1 answered"]);
    expect(model.targets.map(({ inFlight, breaker }) => [inFlight, breaker.state])).toEqual([
      [0, "closed"],
      [0, "closed"],
    ]);
    expect(clock.pending).toBe(0);
  });

  it("lets the first win where it is faster after all", async () => {
    const { clock, first, second, recorder, port } = await warm(95);
    const [slow, slower] = [first.hold(), second.hold()];
    const answer = eventsOf(port.stream(REQUEST, unending()));
    await slow.reached;
    clock.pass(1);
    await slower.reached;
    slow.release();
    expect((await answer)[0]).toEqual({ type: "delta", text: "First." });
    await slower.stopped;
    expect(recorder.lines).toEqual(["hedge a", "a/1 left", "a/0 answered"]);
  });

  it("leaves the loser where both begin at the same moment, and no timer of it", async () => {
    const { clock, first, second, model, recorder, port } = await warm(95);
    const [slow, slower] = [first.hold(), second.hold()];
    const answer = eventsOf(port.stream(REQUEST, unending()));
    await slow.reached;
    clock.pass(1);
    await slower.reached;
    slow.release();
    slower.release();
    expect((await answer)[0]).toEqual({ type: "delta", text: "First." });
    await slower.stopped;
    expect(recorder.lines).toEqual(["hedge a", "a/1 left", "a/0 answered"]);
    expect([clock.pending, ...model.targets.map(({ inFlight }) => inFlight)]).toEqual([0, 0, 0]);
  });

  it("counts both attempts, and goes on where both fail", async () => {
    const { clock, first, second, port } = await warm(95);
    const [slow, slower] = [first.hold(), second.hold()];
    for (const fake of [first, second]) {
      fake.failNext(failure("vendor-rejected"));
    }
    const failed = failureOf(eventsOf(port.stream(REQUEST, unending())));
    await slow.reached;
    clock.pass(1);
    await slower.reached;
    slow.release();
    slower.release();
    expect((await failed).code).toBe("vendor-rejected");
    expect([first.requests.length, second.requests.length]).toEqual([21, 1]);
  });

  it("leaves the attempt that a fallback keeps", async () => {
    const { clock, first, second, model } = await warm(95);
    const fallback = modelOf("b", [new FakeCompletion({ deltas: ["Other."] })], clock);
    const retry = { attempts: 2, baseMs: 250, maxMs: 5_000 };
    const port = resilient([model, fallback], clock, { random: () => 0, hedgePercentile: 95, retry });
    for (let time = 0; time < 20; time += 1) await eventsOf(port.stream(REQUEST, unending()));
    const slow = first.hold();
    first.failNext(failure("vendor-unavailable"));
    second.failNext(failure("vendor-unavailable"));
    const answer = eventsOf(port.stream(REQUEST, unending()));
    await slow.reached;
    clock.pass(1);
    slow.release();
    expect((await answer)[0]).toEqual({ type: "delta", text: "Other." });
    expect(second.requests).toHaveLength(0);
  });

  it("is off unless it is asked for", async () => {
    const { clock, first, second, port } = await warm();
    const hold = first.hold();
    const answer = eventsOf(port.stream(REQUEST, unending()));
    await hold.reached;
    clock.pass(10_000);
    hold.release();
    expect((await answer)[0]).toEqual({ type: "delta", text: "First." });
    expect(second.requests).toHaveLength(0);
  });
});

describe("samples of a latency", () => {
  it("tell their percentile once there are twenty, of the latest ones only", () => {
    const samples = new LatencySamples(90);
    for (let ms = 1; ms < 20; ms += 1) samples.add(ms);
    expect(samples.percentileMs).toBeUndefined();
    samples.add(20);
    expect(samples.percentileMs).toBe(19);
    for (let time = 0; time < 1_000; time += 1) samples.add(5);
    expect(samples.percentileMs).toBe(5);
  });
});
