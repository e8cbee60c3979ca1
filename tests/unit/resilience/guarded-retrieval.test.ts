import { describe, expect, it } from "vitest";
import type { RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import { CircuitBreaker } from "../../../infrastructure/resilience/circuit-breaker.ts";
import { GuardedRetrieval } from "../../../infrastructure/resilience/guarded-retrieval.ts";
import { failureOf, unending } from "../../contract/retrieval-contract-context.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { passageOf } from "../../support/passages.ts";
import { BREAKER, failure, RecordedEvents } from "../../support/resilience.ts";
import { watchedSignal } from "../../support/watched-signal.ts";

const REQUEST: RetrievalRequest = { query: "when", topK: 3 };

function opened() {
  const clock = new HandClock();
  const fake = new FakeRetrieval([passageOf("The lamp is lit at dusk.")]);
  const breaker = new CircuitBreaker(BREAKER, clock, () => 0.5);
  const recorder = new RecordedEvents();
  const port = new GuardedRetrieval(fake, { search: "s", timeoutMs: 20_000, breaker, clock, recorder });
  return { clock, fake, breaker, recorder, port };
}

describe("a guarded search", () => {
  it("is given up after its time, told to stop, and leaves no timer and no listener", async () => {
    const { clock, fake, port, recorder } = opened();
    const hold = fake.hold();
    const watched = watchedSignal();
    const failed = failureOf(port.retrieve(REQUEST, watched.signal));
    await hold.reached;
    clock.pass(20_000);
    expect(await failed).toMatchObject({
      code: "retrieval-unavailable",
      retryable: true,
      message: "The search s did not answer within 20000 ms.",
    });
    await hold.stopped;
    await watched.unheard();
    expect([clock.pending, recorder.lines]).toEqual([0, ["s retrieval-unavailable"]]);
  });

  it("is left alone where it fails too often, and asked again by one search at a time", async () => {
    const { clock, fake, port, recorder } = opened();
    for (let time = 0; time < 3; time += 1) {
      fake.failNext(failure("vendor-unavailable"));
      await failureOf(port.retrieve(REQUEST, unending()));
    }
    expect((await failureOf(port.retrieve(REQUEST, unending()))).code).toBe("retrieval-unavailable");
    expect([fake.requests.length, recorder.lines.at(-1)]).toEqual([3, "s open"]);
    clock.pass(BREAKER.openMs);
    const hold = fake.hold();
    const probe = port.retrieve(REQUEST, unending());
    await hold.reached;
    expect((await failureOf(port.retrieve(REQUEST, unending()))).code).toBe("retrieval-unavailable");
    hold.release();
    expect((await probe).passages).toHaveLength(1);
    expect((await port.retrieve(REQUEST, unending())).passages).toHaveLength(1);
  });

  it("is not held responsible for what is asked wrongly, nor for a caller that goes away", async () => {
    const { fake, breaker, port } = opened();
    for (const code of ["filter-unsupported", "invalid-request", "embedder-mismatch", "overloaded"] as const) {
      fake.failNext(failure(code));
      await failureOf(port.retrieve(REQUEST, unending()));
    }
    const hold = fake.hold();
    for (let time = 0; time < 3; time += 1) {
      const controller = new AbortController();
      const cancelled = failureOf(port.retrieve(REQUEST, controller.signal));
      await hold.reached;
      controller.abort();
      expect((await cancelled).code).toBe("cancelled");
    }
    expect(breaker.state).toBe("closed");
  });
});
