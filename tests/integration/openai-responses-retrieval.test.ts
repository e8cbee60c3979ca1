import { toResponseInputItems } from "openai/lib/responses/ResponseInputItems";
import { describe, expect, it } from "vitest";
import { FakeRetrieval } from "../support/fakes/fake-retrieval.ts";
import { passageOf } from "../support/passages.ts";
import { CITED, extended, GROUNDED_RESPONSE, startOpenAI, WEATHER } from "./openai-harness.ts";

describe("retrieval in /v1/responses", () => {
  it("is asked for by the model's name, and cites what it found in the text", async () => {
    const { client, adapters } = await startOpenAI();
    const reply = await client.responses.create(GROUNDED_RESPONSE);
    expect(reply).toMatchObject({
      model: "fake@memory",
      sources: [{ id: "p1", document_id: "retrieval", score: 0.75 }, { id: "p2" }],
      warnings: ["The model has no temperature."],
      groundedness: { score: 1 },
      usage: { input_tokens: 90, output_tokens: 7, input_tokens_details: { cached_tokens: 40 } },
    });
    expect(reply.output[0]).toMatchObject({
      content: [
        {
          type: "output_text",
          text: "The index is a copy. [1]",
          annotations: [
            {
              type: "file_citation",
              file_id: "retrieval",
              filename: "Retrieval",
              index: 20,
              url: "docs/retrieval.md",
              start_index: 0,
              end_index: 20,
              ...CITED,
            },
          ],
        },
      ],
    });
    expect(adapters.search.requests).toEqual([{ query: "What is the index?", topK: 5 }]);
    expect(adapters.model.requests[0]).toMatchObject({ maxTokens: 256 });
  });

  it("is asked for by an object in the body, too", async () => {
    const { client, adapters } = await startOpenAI();
    const retrieval = { search: "memory", top_k: 1, filter: { year: 2026 } };
    const reply = await client.responses.create(extended({ ...GROUNDED_RESPONSE, model: "fake" }, { retrieval }));
    expect(reply).toMatchObject({ model: "fake", sources: [{ id: "p1" }] });
    expect(adapters.search.requests[0]).toMatchObject({ topK: 1, filter: { op: "eq", field: "year", value: 2026 } });
  });

  it("cites a document on the web by its URL", async () => {
    const { client, adapters } = await startOpenAI();
    const uri = "https://example.org/index";
    adapters.retrieval = () => new FakeRetrieval([passageOf("The index is only a copy.", { title: "The index", uri })]);
    const { output } = await client.responses.create(GROUNDED_RESPONSE);
    expect(output[0]).toMatchObject({
      content: [
        {
          annotations: [
            {
              type: "url_citation",
              url: "https://example.org/index",
              title: "The index",
              start_index: 0,
              end_index: 20,
            },
          ],
        },
      ],
    });
  });

  it("takes an answer back as it gave it", async () => {
    const { client, adapters } = await startOpenAI();
    const { output } = await client.responses.create(GROUNDED_RESPONSE);
    const again = await client.responses.create({
      ...GROUNDED_RESPONSE,
      input: [
        { role: "user", content: "What is the index?" },
        ...toResponseInputItems(output),
        { role: "user", content: "And tea?" },
      ],
    });
    expect(again).toMatchObject({ output_text: "The index is a copy. [1]", searched_for: "And tea? index" });
    expect(adapters.search.requests[1]?.query).toBe("And tea? index");
  });

  it("goes on after the call of a tool, from the passages that answer the user's question", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.able.answerWith({ deltas: ["The index is a copy [1]."] });
    const reply = await client.responses.create({
      model: "able@memory",
      tools: [WEATHER],
      input: [
        { role: "user", content: "What is the index?" },
        { type: "function_call", call_id: "call_1", name: "weather", arguments: "{}" },
        { type: "function_call_output", call_id: "call_1", output: "rain" },
      ],
    });
    expect(reply.output[0]).toMatchObject({ content: [{ annotations: [{ passage_id: "p1" }] }] });
    expect(adapters.search.requests).toEqual([{ query: "What is the index?", topK: 5 }]);
  });

  it("says that the passages hold no answer, which the client's words cannot", async () => {
    const { client, adapters } = await startOpenAI();
    adapters.model.answerWith({ deltas: ["Nothing says so."], finishReason: "no-answer" });
    expect(await client.responses.create(GROUNDED_RESPONSE)).toMatchObject({ status: "completed", no_answer: true });
  });

  it("runs on behalf of whom the trusted headers name", async () => {
    const { client, adapters } = await startOpenAI({ trustedPrincipalHeaders: { user: "x-user" } });
    await client.responses.create(GROUNDED_RESPONSE, { headers: { "x-user": "ada" } });
    expect(adapters.search.requests[0]?.principal).toEqual({ userId: "ada", groups: [] });
  });
});
