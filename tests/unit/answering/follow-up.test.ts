import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../../../domain/chat.ts";
import { followUpQuery } from "../../../domain/follow-up.ts";

const after = (question: string): readonly Message[] => [
  { role: "user", content: question },
  { role: "assistant", content: "It is 103 metres high." },
];

describe("followUpQuery", () => {
  it.each([
    ["How high is the tower?", "And who built it?", "And who built it? high tower"],
    ["How high is the tower?", "How old?", "How old? high tower"],
    ["What is a snapshot of a corpus?", "What about restoring?", "What about restoring? snapshot corpus"],
    ["Does Pharos support filters?", "Why is that?", "Why is that? Pharos support filters"],
    ["亚历山大灯塔有多高？", "它是谁建的？", "它是谁建的？ 亚历山大灯塔有多高"],
    ["默认端口是多少？", "为什么？", "为什么？ 默认端口是多少"],
    ["灯台の高さは？", "それはいつ建てられましたか？", "それはいつ建てられましたか？ 灯台の高さは"],
  ])("after %j searches for %j as %j", (earlier, prompt, query) => {
    expect(followUpQuery(prompt, after(earlier))).toBe(query);
  });

  it.each([
    "How does Pharos keep its index safe?",
    "Is there a way to delete documents that nobody reads?",
    "What is the default port?",
    "默认端口是多少？",
    "应该怎样删除文档？",
  ])("searches for %j as it is, which names its own subject", (prompt) => {
    const earlier = after("How high is the tower?");
    const query = followUpQuery(prompt, earlier);
    expect(prompt.includes("its") ? query.startsWith(prompt) : query === prompt).toBe(true);
  });

  it("leaves the prompt alone where there is no question before it", () => {
    expect(followUpQuery("Why?", [])).toBe("Why?");
    expect(followUpQuery("Why?", [{ role: "assistant", content: "Hello!" }])).toBe("Why?");
  });

  it("keeps the prompt whole and adds twelve words at most, each once", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.string({ minLength: 1, maxLength: 80 }), (earlier, prompt) => {
        const query = followUpQuery(prompt, after(earlier));
        if (query === prompt) return;
        expect(query.startsWith(`${prompt.trim()} `)).toBe(true);
        const added = query.slice(prompt.trim().length + 1).split(" ");
        expect(added.length).toBeLessThanOrEqual(12);
        expect(new Set(added.map((word) => word.toLowerCase())).size).toBe(added.length);
      }),
    );
  });
});
