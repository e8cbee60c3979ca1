import { describe, expect, it } from "vitest";
import { AnswerQuestion } from "../../../application/answer-question.ts";
import { type Chat, CompleteChat } from "../../../application/complete-chat.ts";
import { fakeAdapters } from "../../support/fakes/fake-adapters.ts";
import { FakeCompletion } from "../../support/fakes/fake-completion.ts";
import { FakeRetrieval } from "../../support/fakes/fake-retrieval.ts";
import { passageOf } from "../../support/passages.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const TOOL = { name: "weather", parameters: { type: "object" } };
const CALL = { id: "call_1", name: "weather", arguments: '{"city":"Brest"}' };
const CHAT: Chat = {
  model: "fake",
  system: "Be brief.",
  messages: [{ role: "user", content: "How high is the tower?" }],
  parameters: {},
};

function chatting(completion = new FakeCompletion({ deltas: ["103 metres [1]."] })) {
  const retrieval = new FakeRetrieval([passageOf("The tower is 103 metres high.")]);
  const adapters = fakeAdapters({ completion, retrieval });
  const answers = new AnswerQuestion(adapters, wordTokenizer, { sourceTokens: 1_000, abstains: true });
  return { chats: new CompleteChat(adapters, answers, { maxTokens: 64 }), completion, retrieval };
}

const never = new AbortController().signal;

describe("CompleteChat", () => {
  it("hands the conversation to the model as it is where nothing is to be retrieved", async () => {
    const { chats, completion, retrieval } = chatting();
    const events = await Array.fromAsync(chats.stream({ ...CHAT, maxTokens: 9 }, never));
    expect(events.map(({ type }) => type)).toEqual(["delta", "done"]);
    const { prompt, maxTokens } = completion.requests[0]!;
    expect(prompt).toEqual({
      system: "Be brief.",
      messages: CHAT.messages,
      question: "How high is the tower?",
      sources: [],
    });
    expect([maxTokens, retrieval.requests]).toEqual([9, []]);
  });

  it("gives the events of the same answer where the model is to answer at once", async () => {
    const toolCalls = [CALL, { ...CALL, id: "call_2" }];
    const answer = { deltas: ["It."], toolCalls, warnings: ["Slowly."] };
    const { chats, completion } = chatting(new FakeCompletion(answer));
    const untimed = async (asked: Chat) =>
      (await Array.fromAsync(chats.stream(asked, never))).map((event) =>
        event.type === "done" ? { ...event, timing: undefined } : event,
      );
    expect(await untimed({ ...CHAT, atOnce: true })).toEqual(await untimed(CHAT));
    expect(completion.requests).toHaveLength(2);
  });

  it("gives the same answer whole where its events are not wanted", async () => {
    const { chats, completion } = chatting(new FakeCompletion({ deltas: ["103 ", "metres."], warnings: ["Slowly."] }));
    expect(await chats.complete(CHAT, never)).toMatchObject({ text: "103 metres.", warnings: ["Slowly."] });
    expect(completion.requests).toHaveLength(1);
  });

  it("answers from passages where a search is named, with the conversation as its history", async () => {
    const { chats, completion, retrieval } = chatting();
    const messages = [
      { role: "user", content: "Hello." },
      { role: "assistant", content: "Hello!" },
      ...CHAT.messages,
    ] as const;
    const chat = { ...CHAT, messages, retrieval: { search: "fake", topK: 3 } };
    const events = await Array.fromAsync(chats.stream(chat, never));
    expect(events.map(({ type }) => type)).toEqual(["sources", "delta", "citation", "done"]);
    expect(retrieval.requests).toEqual([{ query: "How high is the tower?", topK: 3 }]);
    expect(completion.requests[0]?.prompt.messages.slice(0, 2)).toEqual(messages.slice(0, 2));
    expect(completion.requests[0]?.maxTokens).toBe(64);
  });

  it("answers from passages for the user's last turn also after the tools that it led to", async () => {
    const { chats, completion, retrieval } = chatting();
    const following = [
      { role: "assistant", content: "", toolCalls: [CALL] },
      { role: "tool", toolCallId: "call_1", content: "rain" },
    ] as const;
    const chat = { ...CHAT, messages: [...CHAT.messages, ...following], retrieval: { search: "fake", topK: 3 } };
    const events = await Array.fromAsync(chats.stream(chat, never));
    expect(events.map(({ type }) => type)).toEqual(["sources", "delta", "citation", "done"]);
    expect(retrieval.requests).toEqual([{ query: "How high is the tower?", topK: 3 }]);
    const { messages } = completion.requests[0]!.prompt;
    expect(messages[0]?.content).toContain("The tower is 103 metres high.");
    expect(messages.slice(1)).toEqual(following);
  });

  it("passes on the tools that the model asks for", async () => {
    const answer = { deltas: [], toolCalls: [CALL], finishReason: "tool-calls" as const };
    const { chats } = chatting(new FakeCompletion(answer, 8192, ["tools"]));
    const events = await Array.fromAsync(chats.stream({ ...CHAT, parameters: { tools: [TOOL] } }, never));
    expect(events.slice(0, 2)).toEqual([
      { type: "tool-call", index: 0, id: "call_1", name: "weather" },
      { type: "tool-arguments", index: 0, json: CALL.arguments },
    ]);
  });

  it("refuses what the model does not support before it is asked, all of it at once", () => {
    const { chats, completion } = chatting();
    const image = { type: "image", image: { mediaType: "image/png", base64: "AA==" } } as const;
    const messages = [{ role: "user", content: [{ type: "text", text: "What is it?" }, image] }] as const;
    const chat = { ...CHAT, messages, parameters: { temperature: 1, tools: [TOOL], seed: 7 } };
    expect(() => chats.stream(chat, never)).toThrow("The model fake does not support tools, seed, images.");
    expect(completion.requests).toEqual([]);
  });

  it("refuses to find passages for a turn that is no user's", () => {
    const { chats } = chatting();
    const messages = [...CHAT.messages, { role: "assistant", content: "Well" }] as const;
    const chat = { ...CHAT, messages, retrieval: { search: "fake", topK: 3 } };
    expect(() => chats.stream(chat, never)).toThrow("The last message holds no question to find passages for.");
  });
});
