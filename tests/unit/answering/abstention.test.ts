import { describe, expect, it } from "vitest";
import { AnswerQuestion, type AnswerSettings } from "../../../application/answer-question.ts";
import { collectAnswer } from "../../../application/answers.ts";
import { chooseFloor } from "../../../application/choose-floor.ts";
import type { Retrieval } from "../../../domain/ports/retrieval-port.ts";
import { fakeAdapters } from "../../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { passageOf, questionOf } from "../../support/passages.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const FAR: Retrieval = {
  passages: [passageOf("The tower is 103 metres high.")],
  embedMs: 0,
  warnings: ["by words only"],
  relevance: { lexical: 0.01, reachesFloor: false },
};
const NEAR: Retrieval = { ...FAR, relevance: { lexical: 0.5, reachesFloor: true } };
const never = new AbortController().signal;

function answering(found: Retrieval, settings: Partial<AnswerSettings> = {}) {
  const completion = new FakeCompletion({ deltas: ["103 metres [1]."] }, 8192, ["tools"]);
  const adapters = fakeAdapters({ completion, retrieval: { retrieve: async () => found } });
  const answers = new AnswerQuestion(adapters, wordTokenizer, { sourceTokens: 1_000, abstains: true, ...settings });
  return { answers, completion };
}

describe("abstention", () => {
  it.each([
    ["How do I bake bread?", "The passages hold no answer to this question."],
    ["怎样做红烧肉？", "所给的段落中没有这个问题的答案。"],
    ["パンはどうやって焼きますか？", "与えられた文章の中に、この質問の答えは見つかりませんでした。"],
  ])("answers %j in its language and asks no model where no passage reaches the floor", async (prompt, text) => {
    const { answers, completion } = answering(FAR);
    const answer = await collectAnswer(answers.stream(questionOf(prompt), never));
    expect(answer).toMatchObject({ text, finishReason: "no-answer", citations: [], warnings: ["by words only"] });
    expect(answer.usage).toEqual({ inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 });
    expect(answer.passages, "what was found is shown all the same").toEqual(FAR.passages);
    expect(answer).not.toHaveProperty("groundedness");
    expect(completion.requests).toEqual([]);
  });

  it("asks no model where nothing was found", async () => {
    const { answers, completion } = answering({ passages: [], embedMs: 0, warnings: [] });
    expect((await collectAnswer(answers.stream(questionOf("Why?"), never))).finishReason).toBe("no-answer");
    expect(completion.requests).toEqual([]);
  });

  it.each<[string, Retrieval]>([
    ["a passage reaches the floor", NEAR],
    ["the engine cannot tell", { passages: FAR.passages, embedMs: 0, warnings: [] }],
  ])("asks the model where %s", async (_, found) => {
    const { answers, completion } = answering(found);
    const answer = await collectAnswer(answers.stream(questionOf("How high is the tower?"), never));
    expect(answer).toMatchObject({ finishReason: "stop", groundedness: { score: 1 } });
    expect(completion.requests).toHaveLength(1);
  });

  it("asks a model that has tools, and every model where the config wants no abstention", async () => {
    const tools = [{ name: "weather", parameters: { type: "object" } }];
    const withTools = answering(FAR);
    await collectAnswer(withTools.answers.stream(questionOf("Rain?", { parameters: { tools } }), never));
    const without = answering(FAR, { abstains: false });
    await collectAnswer(without.answers.stream(questionOf("Rain?"), never));
    expect([withTools.completion.requests.length, without.completion.requests.length]).toEqual([1, 1]);
  });
});

describe("chooseFloor", () => {
  it("is what all but 2 % of the questions reach, side by side", () => {
    const relevances = Array.from({ length: 100 }, (_, index) => ({
      lexical: (100 - index) / 100,
      dense: index / 200,
      reachesFloor: true,
    }));
    const floor = chooseFloor(relevances);
    expect(floor).toEqual({ lexical: 0.03, dense: 0.01 });
    expect(relevances.filter(({ lexical }) => lexical < (floor?.lexical ?? 0))).toHaveLength(2);
  });

  it("is none below 50 questions, and 0 for a side that nothing was compared by", () => {
    const known = { lexical: 0.4, reachesFloor: true };
    expect(chooseFloor(Array.from({ length: 49 }, () => known))).toBeUndefined();
    expect(chooseFloor([...Array.from({ length: 50 }, () => known), undefined])).toEqual({ lexical: 0.4, dense: 0 });
  });
});
