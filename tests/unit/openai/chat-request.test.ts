import { describe, expect, it } from "vitest";
import { chatRequest } from "../../../adapters/outbound/openai/chat-request.ts";
import { type FeatureName, featuresWithout } from "../../../adapters/outbound/openai/features.ts";
import type { Message } from "../../../domain/chat.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";

const CALL = { id: "call-1", name: "tides", arguments: '{"port":"Ouessant"}' };

/** The body that goes to a model which does not take what the words name. */
function sent(
  { messages, ...request }: Partial<CompletionRequest> & { readonly messages?: readonly Message[] },
  unsupported: readonly FeatureName[] = [],
): Record<string, unknown> {
  const prompt = {
    system: "",
    messages: messages ?? [{ role: "user", content: "Where?" }],
    question: "Where?",
    sources: [],
  };
  return JSON.parse(JSON.stringify(chatRequest("gpt-4o", { prompt, ...request }, featuresWithout(unsupported))));
}

describe("the request for a chat completion", () => {
  it("holds nothing that was not asked for", () => {
    expect(sent({})).toEqual({ model: "gpt-4o", messages: [{ role: "user", content: "Where?" }] });
  });

  it("holds no empty list, which the API refuses", () => {
    expect(Object.keys(sent({ stop: [], tools: [] }))).toEqual(["model", "messages"]);
  });

  it("shows no image to a model that takes none, and never a message of no parts", () => {
    const image = { type: "image", image: { url: "https://example.org/lighthouse.png" } } as const;
    const text = { type: "text", text: "What is this?" } as const;
    const messages: readonly Message[] = [
      { role: "user", content: [text, image] },
      { role: "user", content: [image] },
    ];
    for (const word of ["images", "image_urls"] as const) {
      expect(sent({ messages }, [word]).messages).toEqual([
        { role: "user", content: [text] },
        { role: "user", content: "" },
      ]);
    }
  });

  it("tells a model that takes no tools as text what was called and what it gave", () => {
    const tools = [{ name: "tides", parameters: { type: "object" } }];
    const messages: readonly Message[] = [
      { role: "assistant", content: "I look it up.", toolCalls: [CALL] },
      { role: "tool", toolCallId: "call-1", content: "06:12" },
    ];
    expect(sent({ messages, tools, toolChoice: "required", parallelToolCalls: true }, ["tools"])).toEqual({
      model: "gpt-4o",
      messages: [
        { role: "assistant", content: 'I look it up.\ntides{"port":"Ouessant"}' },
        { role: "user", content: "06:12" },
      ],
    });
  });

  it("leaves out a choice that the model does not take, and keeps the tools", () => {
    const tools = [{ name: "tides", parameters: { type: "object" }, strict: true }];
    const body = sent({ tools, toolChoice: { name: "tides" } }, ["tool_choice"]);
    expect(body.tools).toEqual([{ type: "function", function: tools[0] }]);
    expect(body).not.toHaveProperty("tool_choice");
  });
});
