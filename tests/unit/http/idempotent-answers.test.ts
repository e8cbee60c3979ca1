import { describe, expect, it } from "vitest";
import { IDEMPOTENCY_LIMITS, IdempotentAnswers } from "../../../adapters/inbound/http/idempotent-answers.ts";
import type { AnswerEvent } from "../../../domain/answer.ts";

const DONE: AnswerEvent = {
  type: "done",
  finishReason: "stop",
  usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
  timing: { embedMs: 0, retrieveMs: 0, completeMs: 0, totalMs: 0 },
  warnings: [],
};

const NEVER = new AbortController().signal;

/** Answers with these texts; counts how often it is asked and how many events it was asked for. */
function answering(texts: readonly string[]) {
  const told = { asked: 0, advanced: 0 };
  const start = async function* (): AsyncGenerator<AnswerEvent> {
    told.asked += 1;
    for (const text of texts) {
      told.advanced += 1;
      yield { type: "delta", text };
    }
    yield DONE;
  };
  return { told, start };
}

async function textOf(events: AsyncIterable<AnswerEvent>): Promise<string> {
  let text = "";
  for await (const event of events) if (event.type === "delta") text += event.text;
  return text;
}

describe("answers that are kept", () => {
  it("are let go of after their time", async () => {
    let now = 0;
    const answers = new IdempotentAnswers({ ...IDEMPOTENCY_LIMITS, ageMs: 1_000 }, () => now);
    const { told, start } = answering(["a"]);
    const ask = () => textOf(answers.stream({ key: "k", fingerprint: "f" }, start, NEVER));
    await ask();
    now = 999;
    await ask();
    expect(told.asked).toBe(1);
    now = 1_000;
    await ask();
    expect(told.asked).toBe(2);
  });

  it("are no more than so many, the oldest go first", async () => {
    const answers = new IdempotentAnswers({ ...IDEMPOTENCY_LIMITS, answers: 2 });
    const { told, start } = answering(["a"]);
    const ask = (key: string) => textOf(answers.stream({ key, fingerprint: "f" }, start, NEVER));
    for (const key of ["1", "2", "3"]) await ask(key);
    await ask("2");
    await ask("3");
    expect(told.asked).toBe(3);
    await ask("1");
    expect(told.asked).toBe(4);
  });

  it("take no more than so many bytes all together", async () => {
    const answers = new IdempotentAnswers({ ...IDEMPOTENCY_LIMITS, totalBytes: 50_000 });
    const { told, start } = answering(["a".repeat(10_000)]);
    const ask = (key: string) => textOf(answers.stream({ key, fingerprint: "f" }, start, NEVER));
    for (const key of ["1", "2", "3"]) await ask(key);
    await ask("3");
    await ask("2");
    expect(told.asked).toBe(3);
    await ask("1");
    expect(told.asked).toBe(4);
  });

  it("are none that are larger than one may be, and whoever asked gets it all the same", async () => {
    const answers = new IdempotentAnswers({ ...IDEMPOTENCY_LIMITS, answerBytes: 1_000 });
    const texts = Array.from({ length: 50 }, (_, index) => `${index} `);
    const { told, start } = answering(texts);
    const ask = () => textOf(answers.stream({ key: "k", fingerprint: "f" }, start, NEVER));
    expect(await Promise.all([ask(), ask()])).toEqual([texts.join(""), texts.join("")]);
    expect(told.asked).toBe(1);
    expect(await ask()).toBe(texts.join(""));
    expect(told.asked).toBe(2);
  });
});

describe("an answer that is shared", () => {
  it("is computed no faster than anybody reads it", async () => {
    const answers = new IdempotentAnswers(IDEMPOTENCY_LIMITS);
    const { told, start } = answering(["a", "b", "c"]);
    const read = () => answers.stream({ key: "k", fingerprint: "f" }, start, NEVER);
    const fast = read();
    await fast.next();
    await fast.next();
    expect(told.advanced).toBe(2);
    const slow = read();
    await slow.next();
    await slow.next();
    expect(told.advanced).toBe(2);
    await slow.next();
    expect(told.advanced).toBe(3);
    await Promise.all([fast.return(), slow.return()]);
  });

  it("leaves behind who is further back than what is recorded", async () => {
    const answers = new IdempotentAnswers({ ...IDEMPOTENCY_LIMITS, answerBytes: 1_000 });
    const { start } = answering(Array.from({ length: 50 }, () => "text"));
    const read = () => answers.stream({ key: "k", fingerprint: "f" }, start, NEVER);
    const slow = read();
    await slow.next();
    await textOf(read());
    await expect(slow.next()).rejects.toMatchObject({ code: "overloaded", retryable: true });
  });

  it("is asked for by nobody whose signal has aborted", async () => {
    const answers = new IdempotentAnswers(IDEMPOTENCY_LIMITS);
    const { told, start } = answering(["a"]);
    const read = answers.stream({ key: "k", fingerprint: "f" }, start, AbortSignal.abort());
    await expect(read.next()).rejects.toMatchObject({ code: "cancelled" });
    expect(told.asked).toBe(0);
  });
});
