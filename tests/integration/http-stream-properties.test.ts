import fc from "fast-check";
import { expect, it } from "vitest";
import { AnswerQuestion } from "../../application/answer-question.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { Passage } from "../../domain/passage.ts";
import { EventReader, type WireEvent } from "../support/event-stream.ts";
import { fakeAdapters } from "../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../support/fakes/fake-completion.ts";
import { FakeRetrieval } from "../support/fakes/fake-retrieval.ts";
import { passageOf } from "../support/passages.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";
import { startService } from "./http-harness.ts";

const QUESTION = { prompt: "What is the index?", llm_name: "fake", vector_search_type: "fake" };

const texts = fc.oneof(
  fc.constantFrom(
    "The index is a copy. ",
    "[1]",
    "[2, 1]",
    "【3】",
    "[",
    "1]",
    "\n\n",
    "\r\ndata: x",
    "\u2028",
    "索引是副本。",
  ),
  fc.string({ minLength: 1, unit: "binary" }),
);

const passages = fc
  .array(
    fc.tuple(fc.constantFrom("The index is only a copy.", "索引只是副本。", "Tea\r\n\r\nat five: data"), fc.string()),
    {
      maxLength: 4,
    },
  )
  .map((all): readonly Passage[] =>
    all.map(([text, title], index) =>
      passageOf(text, { id: `p${index}`, documentId: `d${index}`, title, score: 1 / (index + 1) }),
    ),
  );

const answers = fc.record({
  deltas: fc.array(texts, { minLength: 1, maxLength: 12 }),
  finishReason: fc.constantFrom("stop" as const, "length" as const),
  usage: fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat(), cachedInputTokens: fc.nat() }),
  warnings: fc.array(fc.string(), { maxLength: 2 }),
});

/** What a client has that joins the events. */
function joined(events: readonly WireEvent[]): Readonly<Record<string, unknown>> {
  const dataOf = (name: string) => events.filter(({ event }) => event === name).map(({ data }) => JSON.parse(data));
  const [error] = dataOf("error");
  if (error !== undefined) return error;
  return {
    response: dataOf("delta")
      .map(({ text }) => text)
      .join(""),
    citations: dataOf("citation"),
    ...dataOf("sources")[0],
    usage: dataOf("usage")[0],
    ...dataOf("done")[0],
  };
}

it("is, collected, exactly the JSON answer to the same request, or its error", async () => {
  let found: readonly Passage[] = [];
  const completion = new FakeCompletion();
  const adapters = fakeAdapters({ completion, retrieval: new FakeRetrieval(() => found) });
  const { server } = await startService(
    {},
    { adapters, answers: new AnswerQuestion(adapters, wordTokenizer, { sourceTokens: 1_000, abstains: true }) },
  );
  const ask = (stream: boolean) => {
    const headers = { "content-type": "application/json", "x-request-id": "same" };
    const body = JSON.stringify({ ...QUESTION, stream });
    return fetch(`${server.url}/generate`, { method: "POST", headers, body });
  };
  await fc.assert(
    fc.asyncProperty(passages, answers, fc.option(fc.nat(12)), async (retrieved, answer, failsAfter) => {
      found = retrieved;
      completion.answerWith(answer);
      const fail = () => {
        if (failsAfter === null || failsAfter > answer.deltas.length) return;
        completion.failNext(
          new ServiceError("vendor-unavailable", "The vendor is away.", { retryable: true }),
          failsAfter,
        );
      };
      fail();
      const { timing_ms: _, ...atOnce } = (await (await ask(false)).json()) as Record<string, unknown>;
      fail();
      const { timing_ms: __, ...collected } = joined(await new EventReader(await ask(true)).rest());
      expect(collected).toEqual(atOnce);
    }),
    { numRuns: 200 },
  );
});
