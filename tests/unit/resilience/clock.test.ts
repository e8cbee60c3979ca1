import { expect, it } from "vitest";
import { type Clock, wait } from "../../../infrastructure/resilience/clock.ts";

it("waits no less than it is told to where timers are early, as the runtime's are", async () => {
  let timeMs = 0;
  const hasty: Clock = {
    now: () => timeMs,
    schedule(callback, delayMs) {
      timeMs += delayMs < 1 ? delayMs : delayMs - 0.5;
      queueMicrotask(callback);
      return () => {};
    },
  };
  await wait(hasty, 20, new AbortController().signal);
  expect(timeMs).toBe(20);
});
