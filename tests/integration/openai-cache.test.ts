import { describe, expect, it } from "vitest";
import { CachedAnswers } from "../../infrastructure/answer-cache/cached-answers.ts";
import { ALONE, GROUNDED, startOpenAI } from "./openai-harness.ts";

async function startCaching() {
  const service = await startOpenAI({}, (answers, adapters) => {
    const versionOf = (search: string, signal: AbortSignal) => adapters.corpus(search).version(signal);
    return new CachedAnswers(answers, versionOf, { maxBytes: 1_000_000, maxAgeMs: 60_000, timeoutMs: 5_000 });
  });
  service.adapters.model.answerWith({ deltas: ["The index is ", "a copy [1]."] });
  return service;
}

describe("the cache of answers behind /v1/chat/completions", () => {
  it("gives the same answer again, with its citations, at once and as a stream, and says so in the head", async () => {
    const { client, adapters } = await startCaching();
    const ask = async (headers: Readonly<Record<string, string>> = {}) =>
      client.chat.completions.create(GROUNDED, { headers }).withResponse();
    const [first, again, anew] = [await ask(), await ask(), await ask({ "cache-control": "no-store" })];
    expect([first, again, anew].map(({ response }) => response.headers.get("x-pharos-cache"))).toEqual([
      "miss",
      "hit",
      "bypass",
    ]);
    expect(again.data.choices).toEqual(first.data.choices);
    const streamed = await client.chat.completions.create({ ...GROUNDED, stream: true }).withResponse();
    expect(streamed.response.headers.get("x-pharos-cache")).toBe("hit");
    const chunks = await Array.fromAsync(streamed.data);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    expect(text).toBe(first.data.choices[0]?.message.content);
    expect(adapters.model.requests).toHaveLength(2);
  });

  it("is not asked where several answers are wanted, since it would give one to all of them", async () => {
    const { client, adapters } = await startCaching();
    const { data, response } = await client.chat.completions.create({ ...GROUNDED, n: 3 }).withResponse();
    expect([data.choices.length, response.headers.get("x-pharos-cache")]).toEqual([3, "bypass"]);
    expect(adapters.model.requests).toHaveLength(3);
  });

  it("has nothing to do with what the model answers alone", async () => {
    const { client } = await startCaching();
    const { response } = await client.chat.completions.create(ALONE).withResponse();
    expect(response.headers.has("x-pharos-cache")).toBe(false);
  });
});
