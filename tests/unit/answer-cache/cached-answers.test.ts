import { describe, expect, it } from "vitest";
import { AnswerQuestion } from "../../../application/answer-question.ts";
import { collectAnswer } from "../../../application/answers.ts";
import type { Answer, CacheOutcome } from "../../../domain/answer.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { EmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import type { Question } from "../../../domain/question.ts";
import { type AnswerCacheSettings, CachedAnswers } from "../../../infrastructure/answer-cache/cached-answers.ts";
import { fakeAdapters } from "../../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { FakeEmbedding } from "../../support/fakes/fake-embedding.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { passageOf, questionOf } from "../../support/passages.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const USAGE = { inputTokens: 90, outputTokens: 7, cachedInputTokens: 0, costUsd: 0.5 };
const never = new AbortController().signal;

function caching(settings: Partial<AnswerCacheSettings> = {}) {
  const answer = { deltas: ["The tower is ", "103 metres high [1]."], usage: USAGE };
  const completion = new FakeCompletion(answer, 8192, ["temperature", "images"]);
  const retrieval = new FakeRetrieval([passageOf("The tower is 103 metres high.", { metadata: { lang: "en" } })]);
  const adapters = fakeAdapters({ completion, retrieval });
  const inner = new AnswerQuestion(adapters, wordTokenizer, { sourceTokens: 1_000, abstains: false });
  const corpus = { version: async (_signal: AbortSignal): Promise<string | undefined> => "1" };
  const clock = { ms: 0 };
  const answers = new CachedAnswers(
    inner,
    (_, signal) => corpus.version(signal),
    { maxBytes: 1_000_000, maxAgeMs: 60_000, timeoutMs: 1_000, ...settings },
    () => clock.ms,
  );
  const ask = async (prompt: string, fields: Partial<Question> = {}): Promise<Answer> =>
    collectAnswer(answers.stream(questionOf(prompt, fields), never));
  const outcomeOf = async (prompt: string, fields?: Partial<Question>): Promise<CacheOutcome | undefined> =>
    (await ask(prompt, fields)).cache;
  return { answers, ask, outcomeOf, completion, retrieval, corpus, clock };
}

describe("CachedAnswers", () => {
  it("answers the same again from memory, which costs nothing and asks nobody", async () => {
    const { ask, completion, retrieval } = caching();
    const first = await ask("How high is the tower?");
    const again = await ask("How high is the tower?");
    expect([first.cache, again.cache]).toEqual(["miss", "hit"]);
    const { cache: _, usage, timing: __, ...rest } = first;
    expect(usage).toEqual(USAGE);
    expect(again).toMatchObject(rest);
    expect(again.usage).toEqual({ inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costUsd: 0 });
    expect([completion.requests.length, retrieval.requests.length]).toEqual([1, 1]);
  });

  const PRINCIPAL = { userId: "ada", groups: ["staff", "board"] };
  it.each<[string, Partial<Question>]>([
    ["another model's name", { maxTokens: 7 }],
    ["other passages", { topK: 3 }],
    ["a filter", { filter: { op: "eq", field: "lang", value: "en" } }],
    ["a temperature", { parameters: { temperature: 0.5 } }],
    ["other instructions", { system: "Be brief." }],
    ["a conversation", { history: [{ role: "user", content: "Hello" }] }],
    ["a principal", { principal: PRINCIPAL }],
    ["an image", { images: [{ type: "image", image: { mediaType: "image/png", base64: "AA==" } }] }],
  ])("keeps a question with %s apart", async (_, fields) => {
    const { outcomeOf } = caching();
    await outcomeOf("How high is the tower?");
    expect(await outcomeOf("How high is the tower?", fields)).toBe("miss");
    expect(await outcomeOf("How high is the tower?", fields)).toBe("hit");
  });

  it("gives nobody the answer of another principal, whatever the order of the groups", async () => {
    const { outcomeOf } = caching();
    await outcomeOf("Why?", { principal: PRINCIPAL });
    const groups = PRINCIPAL.groups.toReversed();
    expect(await outcomeOf("Why?", { principal: { userId: "ada", groups } })).toBe("hit");
    expect(await outcomeOf("Why?", { principal: { userId: "bob", groups } })).toBe("miss");
    expect(await outcomeOf("Why?", { principal: { userId: "ada", groups: ["staff"] } })).toBe("miss");
    expect(await outcomeOf("Why?", { account: "another key" }), "who pays makes no difference").toBe("miss");
    expect(await outcomeOf("Why?", { account: "a third one" })).toBe("hit");
  });

  it("forgets what the corpus held before it changed, and what is too old", async () => {
    const { outcomeOf, corpus, clock } = caching();
    await outcomeOf("Why?");
    corpus.version = async () => "2";
    expect(await outcomeOf("Why?")).toBe("miss");
    clock.ms = 59_999;
    expect(await outcomeOf("Why?")).toBe("hit");
    clock.ms = 60_000;
    expect(await outcomeOf("Why?")).toBe("miss");
  });

  it("neither gives nor keeps what the caller wants kept nowhere", async () => {
    const { outcomeOf, completion } = caching();
    expect(await outcomeOf("Why?", { noStore: true })).toBe("bypass");
    expect(await outcomeOf("Why?")).toBe("miss");
    expect(await outcomeOf("Why?", { noStore: true })).toBe("bypass");
    expect(completion.requests).toHaveLength(3);
  });

  it("answers once what several ask at the same time", async () => {
    const { outcomeOf, completion } = caching();
    const held = completion.hold(1);
    const asked = [outcomeOf("Why?"), outcomeOf("Why?"), outcomeOf("Why?")];
    await held.reached;
    held.release();
    expect((await Promise.all(asked)).sort()).toEqual(["joined", "joined", "miss"]);
    expect(completion.requests).toHaveLength(1);
  });

  it("counts what an answer used for the one who asked first, not for those who joined", async () => {
    const { ask, completion } = caching();
    const held = completion.hold(1);
    const asked = [ask("Why?"), ask("Why?")];
    await held.reached;
    held.release();
    const used = (await Promise.all(asked)).map(({ cache, usage }) => [cache, usage.inputTokens, usage.costUsd]);
    expect(used).toEqual([
      ["miss", 90, 0.5],
      ["joined", 0, 0],
    ]);
  });

  it("has nobody join an answer on another account, whose limits it would meet", async () => {
    const { ask, outcomeOf, completion } = caching();
    const held = completion.hold(0);
    completion.failNext(new ServiceError("limit-exceeded", "The key's tokens are used up.", { retryAfterMs: 1_000 }));
    const spent = ask("Why?", { account: "spent" });
    await held.reached;
    const other = outcomeOf("Why?", { account: "other" });
    held.release();
    await expect(spent).rejects.toMatchObject({ code: "limit-exceeded" });
    expect(await other).toBe("miss");
  });

  it("begins nothing for who leaves before the answer does", async () => {
    const { answers, outcomeOf, completion } = caching();
    const left = answers.stream(questionOf("Why?"), never);
    await left.next();
    await left.return();
    expect(completion.requests).toEqual([]);
    expect(await outcomeOf("Why?")).toBe("miss");
  });

  it("goes on for those who joined when the first one leaves, and stops when all have left", async () => {
    const { answers, completion } = caching();
    const held = completion.hold(1);
    const callers = [new AbortController(), new AbortController()];
    const asked = callers.map(({ signal }) => collectAnswer(answers.stream(questionOf("Why?"), signal)));
    await held.reached;
    callers[0]?.abort();
    await expect(asked[0]).rejects.toMatchObject({ code: "cancelled" });
    callers[1]?.abort();
    await expect(asked[1]).rejects.toMatchObject({ code: "cancelled" });
    await held.stopped;
  });

  it.each<[string, (completion: FakeCompletion) => void]>([
    ["failed", (completion) => completion.failNext(new ServiceError("vendor-unavailable", "Away."), 1)],
    ["was cut", (completion) => completion.answerWith({ deltas: ["Yes"], finishReason: "length" })],
    ["came with a warning", (completion) => completion.answerWith({ deltas: ["Yes."], warnings: ["By words only."] })],
  ])("keeps no answer that %s", async (_, spoil) => {
    const { outcomeOf, completion } = caching();
    spoil(completion);
    await outcomeOf("Why?").catch(() => undefined);
    expect(await outcomeOf("Why?")).toBe("miss");
  });

  it("keeps within its bytes, and lets what was read longest ago go first", async () => {
    const { outcomeOf, answers } = caching({ maxBytes: 12_000 });
    for (let index = 0; index < 40; index++) {
      await outcomeOf(`Why ${index}?`);
      expect(await outcomeOf("Why 0?"), "what is read stays").toBe("hit");
      expect(answers.bytes).toBeLessThanOrEqual(12_000);
    }
    expect(await outcomeOf("Why 39?")).toBe("hit");
    expect(await outcomeOf("Why 1?")).toBe("miss");
  });

  it("keeps nothing of a search whose documents it does not know", async () => {
    const { outcomeOf, corpus } = caching();
    corpus.version = async () => undefined;
    expect([await outcomeOf("Why?"), await outcomeOf("Why?")]).toEqual(["bypass", "bypass"]);
  });

  it.each<[string, () => Promise<string>]>([
    ["dead", async () => Promise.reject(new ServiceError("storage-failed", "Away."))],
    ["silent", () => new Promise(() => {})],
  ])("answers without the cache where that is %s, after its timeout at most", async (_, version) => {
    const { ask, corpus } = caching({ timeoutMs: 5 });
    corpus.version = version;
    expect(await ask("Why?")).toMatchObject({ cache: "bypass", text: "The tower is 103 metres high [1]." });
  });

  it("is asked no further once the caller is gone", async () => {
    const { answers, corpus, completion } = caching({ timeoutMs: 60_000 });
    corpus.version = () => new Promise(() => {});
    const caller = new AbortController();
    const asked = collectAnswer(answers.stream(questionOf("Why?"), caller.signal));
    caller.abort();
    await expect(asked).rejects.toMatchObject({ code: "cancelled" });
    expect(completion.requests).toEqual([]);
  });
});

describe("CachedAnswers by meaning", () => {
  const semantic = { embedder: new FakeEmbedding() as EmbeddingPort, threshold: 0.8 };

  it("answers what means the same as an earlier question, of the same corpus and on the same behalf", async () => {
    const { outcomeOf, corpus } = caching({ semantic });
    await outcomeOf("how high is the tower of the lighthouse on the island");
    const alike = "how high is the tower of the lighthouse on that island";
    expect(await outcomeOf(alike)).toBe("semantic-hit");
    expect(await outcomeOf("who paints the boats in winter")).toBe("miss");
    expect(await outcomeOf(alike, { topK: 1 })).toBe("miss");
    expect(await outcomeOf(alike, { principal: { userId: "ada", groups: [] } })).toBe("miss");
    corpus.version = async () => "2";
    expect(await outcomeOf(alike)).toBe("miss");
  });

  it("tells questions with other numbers apart, and those that go on with a conversation", async () => {
    const { outcomeOf } = caching({ semantic });
    await outcomeOf("how many ships passed the lighthouse on the island in 2023");
    expect(await outcomeOf("how many ships passed the lighthouse on the island in 2024")).toBe("miss");
    const history = [{ role: "user", content: "Hello" }] as const;
    expect(await outcomeOf("how many ships passed the lighthouse on an island in 2023", { history })).toBe("miss");
  });

  it.each<[string, () => Promise<readonly Float32Array[]>]>([
    ["fails", async () => Promise.reject(new ServiceError("vendor-unavailable", "Away."))],
    ["is silent", () => new Promise(() => {})],
  ])("finds the very same question where the embedder %s", async (_, embed) => {
    const embedder: EmbeddingPort = { kind: "fixed", name: "away", dimensions: 2, maxBatch: 8, embed };
    const { outcomeOf } = caching({ semantic: { embedder, threshold: 0.8 }, timeoutMs: 5 });
    expect([await outcomeOf("Why?"), await outcomeOf("Why?")]).toEqual(["miss", "hit"]);
  });
});
