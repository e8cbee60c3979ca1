import { describe, expect, it } from "vitest";
import { AnswerQuestion } from "../../application/answer-question.ts";
import { CachedAnswers } from "../../infrastructure/answer-cache/cached-answers.ts";
import { parseEvents } from "../support/event-stream.ts";
import { wordTokenizer } from "../support/word-tokenizer.ts";
import { askForStream, QUESTION, startService } from "./http-harness.ts";

const CACHE = "x-pharos-cache";

async function cachingService() {
  const service = await startService(
    { trustedPrincipalHeaders: { user: "x-user" } },
    { answers: { stream: (question, signal) => answers.stream(question, signal) } },
  );
  const { adapters } = service;
  adapters.model.answerWith({ deltas: ["The index is ", "a copy [1]."] });
  const answers = new CachedAnswers(
    new AnswerQuestion(adapters, wordTokenizer, { sourceTokens: 1_000, abstains: false }),
    (search, signal) => adapters.corpus(search).version(signal),
    { maxBytes: 1_000_000, maxAgeMs: 60_000, timeoutMs: 5_000 },
  );
  const ask = (body: object = {}, headers: Readonly<Record<string, string>> = {}) =>
    service.send("POST", "/generate", { ...QUESTION, ...body }, headers);
  const outcome = async (...request: Parameters<typeof ask>) => (await ask(...request)).headers.get(CACHE);
  return { ...service, ask, outcome, service };
}

describe("the cache of answers over HTTP", () => {
  it("says in a header what it did, and gives the same answer", async () => {
    const { ask, adapters } = await cachingService();
    const [first, again] = [await ask(), await ask()];
    expect([first.headers.get(CACHE), again.headers.get(CACHE)]).toEqual(["miss", "hit"]);
    expect(again.json?.response).toBe(first.json?.response);
    expect(again.json?.citations).toEqual(first.json?.citations);
    expect(adapters.model.requests).toHaveLength(1);
  });

  it("asks anew once a document was put or deleted", async () => {
    const { outcome, send } = await cachingService();
    await outcome();
    await send("PUT", "/corpora/memory/documents/a", { text: "A new index." });
    expect([await outcome(), await outcome()]).toEqual(["miss", "hit"]);
    await send("DELETE", "/corpora/memory/documents/a");
    expect(await outcome()).toBe("miss");
  });

  it("respects no-store among other directives", async () => {
    const { outcome } = await cachingService();
    await outcome();
    expect(await outcome({}, { "cache-control": "no-cache, No-Store" })).toBe("bypass");
    expect(await outcome({}, { "cache-control": "max-age=0" })).toBe("hit");
  });

  it("keeps callers apart who ask at once on other users' behalf", async () => {
    const { ask, adapters } = await cachingService();
    const users = Array.from({ length: 40 }, (_, index) => `user${index % 4}`);
    const outcomes = await Promise.all(
      users.map(async (user) => {
        const { headers } = await ask({}, { "x-user": user });
        return `${user} ${headers.get(CACHE)}`;
      }),
    );
    const misses = outcomes.filter((one) => one.endsWith("miss"));
    expect(misses.sort()).toEqual(["user0 miss", "user1 miss", "user2 miss", "user3 miss"]);
    expect(adapters.search.requests.map(({ principal }) => principal?.userId).sort()).toEqual([
      "user0",
      "user1",
      "user2",
      "user3",
    ]);
  });

  it("streams what it has kept, with the header in the stream's head", async () => {
    const { service, ask } = await cachingService();
    const whole = await ask();
    const response = await askForStream(service);
    expect(response.headers.get(CACHE)).toBe("hit");
    const events = parseEvents(await response.text());
    const deltas = events.filter(({ event }) => event === "delta").map(({ data }) => JSON.parse(data).text);
    expect(deltas.join("")).toBe(whole.json?.response);
    expect(events.map(({ event }) => event)).not.toContain("cache");
  });

  it("says nothing where there is no cache", async () => {
    const { send } = await startService();
    expect((await send("POST", "/generate", QUESTION)).headers.has(CACHE)).toBe(false);
  });
});
