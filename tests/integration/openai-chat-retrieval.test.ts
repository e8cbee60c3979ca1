import { describe, expect, it } from "vitest";
import { CITED, extended, GROUNDED, startOpenAI } from "./openai-harness.ts";

describe("retrieval in /v1/chat/completions", () => {
  it("is asked for by the model's name, and cites what it found in the message", async () => {
    const { client, adapters } = await startOpenAI();
    const reply = await client.chat.completions.create(GROUNDED);
    expect(reply).toMatchObject({
      model: "fake@memory",
      sources: [{ id: "p1", document_id: "retrieval", score: 0.75 }, { id: "p2" }],
      warnings: ["The model has no temperature."],
    });
    expect(reply.choices[0]?.message).toEqual({
      role: "assistant",
      content: "The index is a copy. [1]",
      refusal: null,
      annotations: [
        {
          type: "url_citation",
          url_citation: { url: "docs/retrieval.md", title: "Retrieval", start_index: 0, end_index: 20 },
          file_citation: { file_id: "retrieval", filename: "Retrieval" },
          ...CITED,
        },
      ],
    });
    expect(adapters.search.requests).toEqual([{ query: "What is the index?", topK: 5 }]);
    expect(adapters.model.requests[0]).toMatchObject({ maxTokens: 256 });
  });

  it("is asked for by an object in the body, too", async () => {
    const { client, adapters } = await startOpenAI();
    const body = extended(
      { ...GROUNDED, model: "fake" },
      { retrieval: { search: "memory", top_k: 1, filter: { year: 2026 } } },
    );
    const reply = await client.chat.completions.create(body);
    expect(reply).toMatchObject({ model: "fake", sources: [{ id: "p1" }] });
    expect(adapters.search.requests[0]).toMatchObject({ topK: 1, filter: { op: "eq", field: "year", value: 2026 } });
  });

  it("tells how grounded the answer is, and what was searched for where that was something else", async () => {
    const { client } = await startOpenAI();
    const messages = [
      GROUNDED.messages[0],
      { role: "assistant" as const, content: "A copy." },
      { role: "user" as const, content: "And why?" },
    ];
    const reply = await client.chat.completions.create({ ...GROUNDED, messages });
    expect(reply).toMatchObject({ searched_for: expect.stringContaining("index") });
    expect(reply.choices[0]).toMatchObject({ groundedness: { score: 1, sentences: [{ supported: true, marker: 1 }] } });
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...GROUNDED, messages, stream: true }));
    expect(chunks.at(-1)).toMatchObject({
      ...pick(reply, "searched_for"),
      choices: [pick(reply.choices[0], "groundedness")],
    });
  });

  it("spends no completion where nothing was found, and says so", async () => {
    const { client, adapters } = await startOpenAI();
    const reply = await client.chat.completions.create(extended(GROUNDED, { retrieval: { filter: { year: 1999 } } }));
    expect(reply).toMatchObject({ sources: [], usage: { total_tokens: 0 }, choices: [{ no_answer: true }] });
    expect(adapters.model.requests).toEqual([]);
  });

  it("takes the rest from the object where the model's name says the search", async () => {
    const { client, adapters } = await startOpenAI();
    await client.chat.completions.create(extended(GROUNDED, { retrieval: { top_k: 1 } }));
    expect(adapters.search.requests).toEqual([{ query: "What is the index?", topK: 1 }]);
  });

  it("cites by the document's own address on the web, or by its address here where it has none", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.model.answerWith({ deltas: ["A tea is served at five [2]."] });
    const { choices } = await client.chat.completions.create(GROUNDED);
    expect(choices[0]?.message.annotations).toMatchObject([
      {
        url_citation: { url: "/corpora/memory/documents/tea", title: "tea" },
        file_citation: { file_id: "tea", filename: "tea" },
        verified: true,
      },
    ]);
  });

  it("says that the passages hold no answer, which the client's words cannot", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.model.answerWith({ deltas: ["Nothing says so."], finishReason: "no-answer" });
    const { choices } = await client.chat.completions.create(GROUNDED);
    expect(choices[0]).toMatchObject({ finish_reason: "stop", no_answer: true, message: { annotations: [] } });
  });

  it("goes on after the call of a tool, from the passages that answer the user's question", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith(({ prompt }) =>
      prompt.messages.at(-1)?.role === "tool"
        ? { deltas: ["The index is a copy [1]."] }
        : { deltas: [], toolCalls: [{ id: "call_1", name: "time", arguments: "{}" }], finishReason: "tool-calls" },
    );
    const tools = [{ type: "function" as const, function: { name: "time" } }];
    const body = { ...GROUNDED, model: "able@memory", tools };
    const first = await client.chat.completions.create(body);
    const result = { role: "tool" as const, tool_call_id: "call_1", content: "noon" };
    const reply = await client.chat.completions.create({
      ...body,
      messages: [...body.messages, first.choices[0]!.message, result],
    });
    expect(reply.choices[0]?.message.annotations).toHaveLength(1);
    expect(adapters.search.requests.map(({ query }) => query)).toEqual(["What is the index?", "What is the index?"]);
  });

  it("runs on behalf of whom the trusted headers name", async () => {
    const { client, adapters } = await startOpenAI({ trustedPrincipalHeaders: { user: "x-user" } });
    await client.chat.completions.create(GROUNDED, { headers: { "x-user": "ada" } });
    expect(adapters.search.requests[0]?.principal).toEqual({ userId: "ada", groups: [] });
  });
});

function pick(from: object | undefined, field: string): Readonly<Record<string, unknown>> {
  return { [field]: (from as Readonly<Record<string, unknown>> | undefined)?.[field] };
}
