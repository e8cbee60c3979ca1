import { expect, it } from "vitest";
import { SharedAnswer } from "../../../application/shared-answer.ts";
import type { AnswerEvent } from "../../../domain/answer.ts";
import { deadlineOf, setDeadline } from "../../../domain/deadline.ts";

/** An answer of a thousand words, and the signal of its work. */
function sharing() {
  const given: AbortSignal[] = [];
  const start = async function* (signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    given.push(signal);
    for (let word = 0; word < 1_000; word++) yield { type: "delta", text: `${word} ` };
  };
  return { given, answer: new SharedAnswer(start, 1_000_000, () => {}) };
}

function endingAt(atMs?: number): AbortSignal {
  const { signal } = new AbortController();
  if (atMs !== undefined) setDeadline(signal, atMs);
  return signal;
}

it("tells the work of a shared answer the latest deadline of its readers", async () => {
  const { answer, given } = sharing();
  const first = answer.read(endingAt(5_000));
  await first.next();
  const told = () => given.map(deadlineOf);
  expect(told()).toEqual([5_000]);
  const others = [9_000, 7_000].map((atMs) => answer.read(endingAt(atMs)));
  for (const other of others) await other.next();
  expect(told()).toEqual([9_000]);
  const unbounded = answer.read(endingAt());
  await unbounded.next();
  expect(told()).toEqual([Number.POSITIVE_INFINITY]);
  await Promise.all([first, ...others, unbounded].map((reader) => reader.return()));
});
