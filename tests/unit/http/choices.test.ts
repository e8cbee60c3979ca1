import { expect, it } from "vitest";
import { interleaved } from "../../../adapters/inbound/http/openai/choices.ts";
import type { AnswerEvent } from "../../../domain/answer.ts";
import { deadlineOf, setDeadline } from "../../../domain/deadline.ts";
import { furtherAttemptsUnder } from "../../../domain/further-attempts.ts";

it("tells each of several answers the deadline of the request, whose further attempts they share", async () => {
  const { signal } = new AbortController();
  setDeadline(signal, 7_000);
  const told: number[] = [];
  async function* answer(work: AbortSignal): AsyncGenerator<AnswerEvent> {
    told.push(deadlineOf(work));
    furtherAttemptsUnder(work).made += 1;
    yield { type: "delta", text: "Yes." };
  }
  const events = interleaved((work) => [answer(work), answer(work)], signal);
  expect((await Array.fromAsync(events)).map(({ choice }) => choice).sort()).toEqual([0, 1]);
  expect(told).toEqual([7_000, 7_000]);
  expect(furtherAttemptsUnder(signal).made).toBe(2);
});
