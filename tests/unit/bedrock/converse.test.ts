import { describe, expect, it } from "vitest";
import { EventReader, readReply } from "../../../adapters/outbound/bedrock/converse-reply.ts";
import { buildConverse } from "../../../adapters/outbound/bedrock/converse-request.ts";
import { featuresOf } from "../../../adapters/outbound/bedrock/features.ts";
import { bedrockCompletionOptions } from "../../../adapters/outbound/bedrock/options.ts";
import type { ContentPart, Message, Tool, ToolCall } from "../../../domain/chat.ts";
import { CompletionCollector } from "../../../domain/collect-completion.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { CompletionRequest } from "../../../domain/ports/completion-port.ts";

const TOOL: Tool = { name: "now", description: "", parameters: {} };
const CALL: ToolCall = { id: "c1", name: "now", arguments: "{}" };

function build(request: Partial<CompletionRequest>, messages: readonly Message[] = [], options: object = {}) {
  const parsed = bedrockCompletionOptions.parse({ model: "m", region: "r", context_tokens: 10, ...options });
  const prompt = { system: "Be brief.", messages, question: "", sources: [] };
  return buildConverse({ prompt, ...request }, parsed, featuresOf(parsed));
}

describe("a request of Converse", () => {
  it("gives a tool without a schema an object's, and no empty description", () => {
    expect(build({ tools: [TOOL] }).input.toolConfig).toEqual({
      tools: [{ toolSpec: { name: "now", inputSchema: { json: { type: "object" } } } }],
    });
  });

  it("tells calls and results as text where it offers no tool, since Converse refuses them then", () => {
    const turns: readonly Message[] = [
      { role: "user", content: "Hm?" },
      { role: "assistant", content: "", toolCalls: [CALL] },
      { role: "tool", toolCallId: "c1", content: "noon" },
    ];
    const expected = [
      { role: "user", content: [{ text: "Hm?" }] },
      { role: "assistant", content: [{ text: "\nnow{}" }] },
      { role: "user", content: [{ text: "noon" }] },
    ];
    expect(build({}, turns).input.messages).toEqual(expected);
    expect(build({ tools: [TOOL], toolChoice: "none" }, turns).input.messages).toEqual(expected);
    const without = build({ tools: [TOOL] }, turns, { unsupported: ["tools"] });
    expect(without.input.messages).toEqual(expected);
    expect(without.input).not.toHaveProperty("toolConfig");
    expect(without.warnings).toEqual(["This model takes no list of tools: it was left out."]);
  });

  it("makes one message of the results of several tools", () => {
    const turns: readonly Message[] = [
      { role: "assistant", content: "", toolCalls: [CALL, { ...CALL, id: "c2" }] },
      { role: "tool", toolCallId: "c1", content: "noon" },
      { role: "tool", toolCallId: "c2", content: "" },
    ];
    expect(build({ tools: [TOOL] }, turns).input.messages?.at(-1)).toEqual({
      role: "user",
      content: [
        { toolResult: { toolUseId: "c1", content: [{ text: "noon" }] } },
        { toolResult: { toolUseId: "c2", content: [] } },
      ],
    });
  });

  it.each([
    ["", {}],
    ['{"a":1}', { a: 1 }],
    ["[1]", { arguments: "[1]" }],
    ["null", { arguments: "null" }],
    ['{"a":', { arguments: '{"a":' }],
  ])("gives a model its own arguments %j back as an object", (json, input) => {
    const turns: readonly Message[] = [{ role: "assistant", content: "", toolCalls: [{ ...CALL, arguments: json }] }];
    const toolUse = { toolUseId: "c1", name: "now", input };
    expect(build({ tools: [TOOL] }, turns).input.messages).toEqual([{ role: "assistant", content: [{ toolUse }] }]);
  });

  it("ends what the options say in a cache point", () => {
    const point = { cachePoint: { type: "default" } };
    const both = build({ tools: [TOOL] }, [], { prompt_cache: ["system", "tools"] }).input;
    expect(both.system).toEqual([{ text: "Be brief." }, point]);
    expect(both.toolConfig?.tools?.at(-1)).toEqual(point);
    const one = build({ tools: [TOOL] }, [], { prompt_cache: ["system"] }).input;
    expect(one.system).toEqual([{ text: "Be brief." }, point]);
    expect(one.toolConfig?.tools).toHaveLength(1);
    expect(build({}, [], { prompt_cache: ["tools"] }).input).not.toHaveProperty("toolConfig");
    expect(JSON.stringify(build({ tools: [TOOL] }).input)).not.toContain("cachePoint");
  });

  it("sends `strict` to a model that can hold to a schema, and warns where one cannot", () => {
    const strict = { tools: [{ ...TOOL, strict: true }] };
    expect(build(strict)).toMatchObject({
      input: { toolConfig: { tools: [{ toolSpec: { strict: true } }] } },
      warnings: [],
    });
    const { input, warnings } = build(strict, [], { unsupported: ["response_format"] });
    expect(JSON.stringify(input)).not.toContain("strict");
    expect(warnings).toEqual(["This model holds no tool call to its schema: `strict` was left out."]);
  });

  it("warns of an effort and of a detail that Converse has no word for", () => {
    const image: ContentPart = { type: "image", image: { mediaType: "image/webp", base64: "AAAA", detail: "high" } };
    const { input, warnings } = build({ reasoningEffort: "minimal" }, [{ role: "user", content: [image] }]);
    expect(input).not.toHaveProperty("outputConfig");
    expect(warnings).toEqual([
      "Bedrock knows no reasoning effort minimal: it was left out.",
      "Bedrock takes no detail of an image: it was left out.",
    ]);
  });

  it("refuses JSON without a schema, and an image of another format, as the caller's", () => {
    const tiff: ContentPart = { type: "image", image: { mediaType: "image/tiff", base64: "AAAA" } };
    const failures = [
      () => build({ responseFormat: { type: "json-object" } }),
      () => build({}, [{ role: "user", content: [tiff] }]),
    ].map(failureOf);
    expect(failures.map(({ code }) => code)).toEqual(["invalid-request", "invalid-request"]);
    expect(failures.flatMap(({ problems }) => problems.map(({ field }) => field))).toEqual([
      "responseFormat",
      "images",
    ]);
  });

  it("has nothing to say of a response format that is text", () => {
    const { input, warnings } = build({ responseFormat: { type: "text" } }, [], { unsupported: ["response_format"] });
    expect([input.outputConfig, warnings]).toEqual([undefined, []]);
  });
});

describe("the reading of tool calls", () => {
  const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

  it("leaves tools of the vendor's own servers out", () => {
    const toolUse = { toolUseId: "s1", name: "search", input: {}, type: "server_tool_use" };
    const content = [{ toolUse }, { text: "Noon." }];
    expect(readReply({ output: { message: { content } }, stopReason: "end_turn" })).toEqual({
      text: "Noon.",
      toolCalls: [],
      finishReason: "stop",
      usage,
    });
    const start = { toolUse: { toolUseId: "s1", name: "search", type: "server_tool_use" } };
    expect(
      streamed([
        { contentBlockStart: { contentBlockIndex: 0, start } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: "{}" } } } },
        { contentBlockStop: { contentBlockIndex: 0 } },
        { contentBlockDelta: { contentBlockIndex: 1, delta: { text: "Noon." } } },
        { messageStop: { stopReason: "end_turn" } },
      ]),
    ).toMatchObject({ text: "Noon.", toolCalls: [] });
  });

  it("keeps calls apart whose pieces alternate", () => {
    const start = (index: number) => ({
      contentBlockStart: { contentBlockIndex: index, start: { toolUse: { toolUseId: `c${index}`, name: "f" } } },
    });
    const piece = (index: number, input: string) => ({
      contentBlockDelta: { contentBlockIndex: index, delta: { toolUse: { input } } },
    });
    const { toolCalls } = streamed([
      start(3),
      start(1),
      piece(1, '{"a"'),
      piece(3, '{"b"'),
      piece(1, ":1}"),
      piece(3, ":2}"),
      { messageStop: { stopReason: "tool_use" } },
    ]);
    expect(toolCalls).toEqual([
      { id: "c3", name: "f", arguments: '{"b":2}' },
      { id: "c1", name: "f", arguments: '{"a":1}' },
    ]);
  });

  it("throws `vendor-reply-invalid` for a call without a name, and for an end for tools without a call", () => {
    const nameless = { output: { message: { content: [{ toolUse: { toolUseId: "c" } }] } }, stopReason: "tool_use" };
    const callless = { output: { message: { content: [] } }, stopReason: "tool_use" };
    for (const reply of [nameless, callless]) {
      expect(failureOf(() => readReply(reply)).code).toBe("vendor-reply-invalid");
    }
  });
});

function streamed(events: readonly unknown[]) {
  const reader = new EventReader();
  const collector = new CompletionCollector();
  for (const event of events) for (const read of reader.read(event)) collector.add(read);
  collector.add({ type: "finish", ...reader.finish(), warnings: [] });
  return collector.completion;
}

function failureOf(work: () => unknown): ServiceError {
  try {
    work();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("It did not fail.");
}
