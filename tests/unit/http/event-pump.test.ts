import { describe, expect, it } from "vitest";
import { EventPump } from "../../../adapters/inbound/http/event-pump.ts";
import type { StreamSink } from "../../../adapters/inbound/http/stream-sinks.ts";
import { ServiceError } from "../../../domain/errors.ts";

/** Records what it is given; full when the test says so. */
class RecordingSink implements StreamSink {
  readonly writes: string[] = [];
  full = false;
  outcome: "open" | "ended" | "cut" = "open";

  write(text: string): boolean {
    this.writes.push(text);
    return !this.full;
  }

  end(): void {
    this.outcome = "ended";
  }

  cut(): void {
    this.outcome = "cut";
  }
}

/** Lets everything happen that needs nothing but time of the processor. */
const tick = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

function startPump(events: AsyncIterable<string>, frame = (event: string) => event) {
  const sink = new RecordingSink();
  const controller = new AbortController();
  const errorFrame = (error: Error) => `!${error.message}`;
  const pump = new EventPump(events[Symbol.asyncIterator](), {
    frame,
    errorFrame,
    signal: controller.signal,
    silenceMs: 60_000,
  });
  return { sink, controller, pump };
}

/** Counts how often it was advanced. */
function endless(text: string) {
  const told = { advanced: 0, left: false };
  async function* events() {
    try {
      for (;;) {
        told.advanced++;
        yield text;
      }
    } finally {
      told.left = true;
    }
  }
  return { told, events: events() };
}

describe("the pump of a stream", () => {
  it("writes what comes in one tick at once, in its order", async () => {
    const { sink, pump } = startPump(
      (async function* () {
        yield* ["b", "c", "d"];
        await tick();
        yield* ["e", "f"];
      })(),
    );
    pump.start(sink, "a");
    await tick();
    await tick();
    expect(sink.writes).toEqual(["a", "bcd", "ef"]);
    expect(sink.outcome).toBe("ended");
  });

  it("asks for no event while the sink is full, and goes on when it drains", async () => {
    const { told, events } = endless("x");
    const { sink, pump } = startPump(events);
    sink.full = true;
    pump.start(sink, "a");
    await tick();
    expect(told.advanced).toBe(0);
    pump.drained();
    await tick();
    const advanced = told.advanced;
    await tick();
    expect(told.advanced).toBe(advanced);
    expect(sink.writes).toHaveLength(2);
    pump.closed();
  });

  it("holds no more than a batch for a sink that takes everything", async () => {
    const { events } = endless("x".repeat(10_000));
    const { sink, pump } = startPump(events);
    pump.start(sink, "a");
    await tick();
    pump.closed();
    expect(Math.max(...sink.writes.map(({ length }) => length))).toBe(70_000);
  });

  it("leaves the events when there is nobody left to read", async () => {
    const { told, events } = endless("x");
    const { sink, pump } = startPump(events);
    pump.start(sink, "a");
    pump.closed();
    await pump.ended;
    await tick();
    expect(told).toEqual({ advanced: 1, left: true });
    expect(pump.error).toMatchObject({ code: "cancelled" });
  });

  it("says why it breaks, after what came before", async () => {
    const { sink, pump } = startPump(
      (async function* () {
        yield "b";
        throw new Error("broken");
      })(),
    );
    pump.start(sink, "a");
    await tick();
    expect(sink.writes.join("")).toBe("ab!broken");
    expect(sink.outcome).toBe("ended");
    pump.closed();
    expect(pump.error).toMatchObject({ message: "broken" });
  });

  it("breaks where an event has no frame for a reason", async () => {
    const { told, events } = endless("x");
    const { sink, pump } = startPump(events, () => {
      throw new TypeError("no frame");
    });
    pump.start(sink, "a");
    await tick();
    expect(sink.writes).toEqual(["a", "!no frame"]);
    expect(told.left).toBe(true);
    pump.closed();
  });

  it("cuts a reader off who has not taken the whole answer by the deadline", async () => {
    const { sink, pump, controller } = startPump((async function* () {})());
    pump.start(sink, "a");
    await tick();
    expect(sink.outcome).toBe("ended");
    controller.abort(new ServiceError("timeout", "Too late."));
    expect(sink.outcome).toBe("cut");
    pump.closed();
    expect(pump.error).toMatchObject({ code: "timeout" });
  });

  it("takes the end of a reader who has everything for no error", async () => {
    const { sink, pump, controller } = startPump((async function* () {})());
    pump.start(sink, "a");
    await tick();
    pump.closed();
    controller.abort(new ServiceError("timeout", "Too late."));
    await pump.ended;
    expect(pump.error).toBeUndefined();
    expect(sink.outcome).toBe("ended");
  });
});
