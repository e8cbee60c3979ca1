import { describe, expect, it } from "vitest";
import { AnswerQuestion } from "../../../application/answer-question.ts";
import { collectAnswer } from "../../../application/answers.ts";
import type { AnswerEvent } from "../../../domain/answer.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { textOf } from "../../../domain/prompt.ts";
import { fakeAdapters } from "../../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { passageOf, questionOf } from "../../support/passages.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const TOWER = passageOf("The tower is 103 metres high.", { id: "tower", score: 0.9 });
const ISLAND = passageOf("The island is small and flat.", { id: "island", score: 0.4 });
const ANSWER = {
  deltas: ["The tower is 103 metres ", "high [", "1]. The island is small [2]", " and sinking [7]."],
  usage: { inputTokens: 90, outputTokens: 12, cachedInputTokens: 3 },
  warnings: ["temperature is left out"],
};

function answering(completion = new FakeCompletion(ANSWER), retrieval = new FakeRetrieval([ISLAND, TOWER])) {
  retrieval.embedMs = 0.25;
  const useCase = new AnswerQuestion(fakeAdapters({ completion, retrieval }), wordTokenizer, {
    sourceTokens: 1_000,
    abstains: true,
  });
  return { useCase, completion, retrieval };
}

async function collected(events: AsyncIterable<AnswerEvent>): Promise<AnswerEvent[]> {
  return Array.fromAsync(events);
}

const never = new AbortController().signal;

describe("AnswerQuestion", () => {
  it("tells its events in order: the sources, then text with each citation as soon as it is complete, then the end", async () => {
    const events = await collected(answering().useCase.stream(questionOf("How high is the tower?"), never));
    expect(events.map(({ type }) => type)).toEqual([
      "sources",
      "delta",
      "delta",
      "delta",
      "citation",
      "citation",
      "delta",
      "done",
    ]);
    expect(events[0]).toMatchObject({ passages: [{ id: "tower" }, { id: "island" }] });
    expect(events[4]).toMatchObject({ citation: { passageId: "tower", verified: true, quote: TOWER.text } });
  });

  it("answers at once what the stream tells piece by piece", async () => {
    const answer = await collectAnswer(answering().useCase.stream(questionOf("How high is the tower?"), never));
    expect(answer.text).toBe(ANSWER.deltas.join(""));
    expect(answer.citations.map(({ passageId }) => passageId)).toEqual(["tower", "island"]);
    expect(answer).toMatchObject({ finishReason: "stop", usage: ANSWER.usage });
    expect(answer.warnings).toEqual(["temperature is left out", "The answer cites [7], which no passage bears."]);
  });

  it("says how long each stage took, and the stages are within the whole", async () => {
    const { timing } = await collectAnswer(answering().useCase.stream(questionOf("How high is the tower?"), never));
    expect(timing.embedMs).toBe(0.25);
    expect(timing.totalMs).toBeGreaterThanOrEqual(timing.completeMs);
    expect(timing.embedMs + timing.retrieveMs + timing.completeMs).toBeCloseTo(timing.totalMs, 6);
  });

  it("hands the question's wishes to the two ports", async () => {
    const tagged = { ...TOWER, metadata: { lang: "en" } };
    const { useCase, completion, retrieval } = answering(undefined, new FakeRetrieval([tagged]));
    const principal = { userId: "ada", groups: ["staff"] };
    const filter = { op: "eq", field: "lang", value: "en" } as const;
    const wishes = { topK: 2, filter, principal, maxTokens: 7, parameters: { temperature: 0.5 } };
    await collectAnswer(useCase.stream(questionOf("How high?", wishes), never));
    expect(retrieval.requests).toEqual([{ query: "How high?", topK: 2, filter, principal }]);
    expect(completion.requests[0]).toMatchObject({ maxTokens: 7, temperature: 0.5 });
  });

  it("keeps the prompt within the model's window", async () => {
    const passages = Array.from({ length: 50 }, (_, index) => passageOf("word ".repeat(100), { id: `p${index}` }));
    const { useCase, completion } = answering(
      new FakeCompletion({ deltas: ["Yes."] }, 1_500),
      new FakeRetrieval(passages),
    );
    await collectAnswer(useCase.stream(questionOf("How many words?", { topK: 50, maxTokens: 100 }), never));
    const prompt = completion.requests[0]?.prompt;
    const texts = [prompt?.system ?? "", ...(prompt?.messages ?? []).map(textOf)];
    expect(prompt?.sources.length).toBeGreaterThan(0);
    expect(texts.reduce((sum, text) => sum + wordTokenizer.count(text), 0)).toBeLessThanOrEqual(1_400);
  });

  it("asks no vendor where a name is unknown", async () => {
    const { useCase, retrieval, completion } = answering();
    await expect(collectAnswer(useCase.stream(questionOf("?", { model: "gpt-0" }), never))).rejects.toMatchObject({
      code: "unsupported-model",
    });
    await expect(collectAnswer(useCase.stream(questionOf("?", { search: "x" }), never))).rejects.toMatchObject({
      code: "unsupported-vector-db",
    });
    expect([retrieval.requests, completion.requests]).toEqual([[], []]);
  });

  it("spends no completion where the search fails", async () => {
    const { useCase, retrieval, completion } = answering();
    retrieval.failNext(new ServiceError("retrieval-unavailable", "The index is away."));
    await expect(collectAnswer(useCase.stream(questionOf("?"), never))).rejects.toMatchObject({
      code: "retrieval-unavailable",
    });
    expect(completion.requests).toEqual([]);
  });

  it("passes on a completion that breaks off, never a short answer", async () => {
    const { useCase, completion } = answering();
    completion.failNext(new ServiceError("vendor-reply-invalid", "The stream broke off."), 2);
    await expect(collectAnswer(useCase.stream(questionOf("?"), never))).rejects.toMatchObject({
      code: "vendor-reply-invalid",
    });
  });

  it("cancels the search when the caller goes away before it ends", async () => {
    const { useCase, retrieval, completion } = answering();
    const caller = new AbortController();
    const held = retrieval.hold();
    const answer = collectAnswer(useCase.stream(questionOf("?"), caller.signal));
    await held.reached;
    caller.abort();
    await expect(answer).rejects.toMatchObject({ code: "cancelled" });
    await held.stopped;
    expect(completion.requests).toEqual([]);
  });

  it("cancels the completion when the stream is left before its end", async () => {
    const { useCase, completion } = answering();
    const held = completion.hold(3);
    for await (const event of useCase.stream(questionOf("?"), never)) {
      if (event.type === "delta") break;
    }
    await held.stopped;
  });

  it("answers alone, and says so, where a search fails without which it may answer", async () => {
    const completion = new FakeCompletion({ deltas: ["From what I know."] });
    const retrieval = new FakeRetrieval([TOWER]);
    const settings = { sourceTokens: 1_000, abstains: true, ungroundedSearches: ["fake"] };
    const useCase = new AnswerQuestion(fakeAdapters({ completion, retrieval }), wordTokenizer, settings);
    retrieval.failNext(new ServiceError("retrieval-unavailable", "The engine is down."));
    const ask = () => collectAnswer(useCase.stream(questionOf("How high is the tower?"), never));
    expect(await ask()).toMatchObject({
      text: "From what I know.",
      passages: [],
      ungrounded: true,
      warnings: ["The search fake could not answer (retrieval-unavailable): the model answered without passages."],
    });
    expect(completion.requests[0]?.prompt.sources).toEqual([]);
    expect(await ask()).not.toHaveProperty("ungrounded");
    retrieval.failNext(new ServiceError("filter-unsupported", "No such comparison."));
    await expect(ask()).rejects.toMatchObject({ code: "filter-unsupported" });
  });
});
