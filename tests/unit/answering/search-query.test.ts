import { describe, expect, it } from "vitest";
import { AnswerQuestion } from "../../../application/answer-question.ts";
import { collectAnswer } from "../../../application/answers.ts";
import { ServiceError } from "../../../domain/errors.ts";
import { fakeAdapters } from "../../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { passageOf, questionOf } from "../../support/passages.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const HISTORY = [
  { role: "user", content: "How high is the lighthouse?" },
  { role: "assistant", content: "103 metres." },
] as const;
const FOLLOW_UP = questionOf("Who built it?", { history: HISTORY });
const REWRITTEN = "Who built the lighthouse?";
const BY_RULE = "Who built it? high lighthouse";
const USAGE = { inputTokens: 40, outputTokens: 5, cachedInputTokens: 0 };
const never = new AbortController().signal;

/** A model that rewrites in its first call and answers in its second. */
function answering(followUpModel: string | undefined = "fake", rewritten = REWRITTEN) {
  const isRewriting = (system: string) => system.startsWith("Rewrite");
  const completion = new FakeCompletion(({ prompt }) => ({
    deltas: isRewriting(prompt.system) ? (rewritten === "" ? [] : [rewritten]) : ["Sostratus [1]."],
    usage: isRewriting(prompt.system) ? { ...USAGE, costUsd: 0.25 } : USAGE,
  }));
  const retrieval = new FakeRetrieval([passageOf("Sostratus of Cnidus built the lighthouse.")]);
  const settings = { sourceTokens: 1_000, abstains: true, ...(followUpModel === "" ? {} : { followUpModel }) };
  const answers = new AnswerQuestion(fakeAdapters({ completion, retrieval }), wordTokenizer, settings);
  return { answers, completion, retrieval };
}

describe("what a follow-up is searched for", () => {
  it("is what the model makes of it, which is told with the answer and counted in its usage", async () => {
    const { answers, completion, retrieval } = answering();
    const answer = await collectAnswer(answers.stream(FOLLOW_UP, never));
    expect(retrieval.requests).toMatchObject([{ query: REWRITTEN }]);
    expect(answer.searchedFor).toBe(REWRITTEN);
    expect(answer.usage).toEqual({ inputTokens: 80, outputTokens: 10, cachedInputTokens: 0, costUsd: 0.25 });
    const [rewriting, answered] = completion.requests;
    expect(rewriting?.prompt.messages).toEqual([
      { role: "user", content: "User: How high is the lighthouse?\n\nAssistant: 103 metres.\n\nUser: Who built it?" },
    ]);
    expect(answered?.prompt.question).toBe(REWRITTEN);
    expect(answered?.prompt.messages.at(-1)?.content).toMatch(/Who built it\?$/u);
  });

  it.each([
    ["no model is named", ""],
    ["the model is not there", "gone"],
  ])("is what a rule makes of it where %s", async (_, model) => {
    const { answers, retrieval } = answering(model);
    const answer = await collectAnswer(answers.stream(FOLLOW_UP, never));
    expect(retrieval.requests).toMatchObject([{ query: BY_RULE }]);
    expect(answer.warnings).toHaveLength(model === "" ? 0 : 1);
  });

  it.each(["", "word ".repeat(400)])("is what the rule makes of it where the model writes %j", async (rewritten) => {
    const { answers, retrieval } = answering("fake", rewritten);
    await collectAnswer(answers.stream(FOLLOW_UP, never));
    expect(retrieval.requests).toMatchObject([{ query: BY_RULE }]);
  });

  it("is what the rule makes of it where the model fails, and a warning says so", async () => {
    const { answers, completion, retrieval } = answering();
    completion.failNext(new ServiceError("vendor-unavailable", "Away.", { retryable: true }));
    const { warnings } = await collectAnswer(answers.stream(FOLLOW_UP, never));
    expect(warnings).toEqual(["The model fake failed to rewrite the question (vendor-unavailable): a rule did."]);
    expect(retrieval.requests).toMatchObject([{ query: BY_RULE }]);
  });

  it("is the prompt where it opens the conversation, and no model is asked for that", async () => {
    const { answers, completion } = answering();
    const answer = await collectAnswer(answers.stream(questionOf("Who built the lighthouse?"), never));
    expect(answer).not.toHaveProperty("searchedFor");
    expect(completion.requests).toHaveLength(1);
  });

  it("is asked no further once the caller is gone", async () => {
    const { answers, completion, retrieval } = answering();
    const caller = new AbortController();
    const held = completion.hold();
    const answer = collectAnswer(answers.stream(FOLLOW_UP, caller.signal));
    await held.reached;
    caller.abort();
    await expect(answer).rejects.toMatchObject({ code: "cancelled" });
    expect(retrieval.requests).toEqual([]);
  });
});
