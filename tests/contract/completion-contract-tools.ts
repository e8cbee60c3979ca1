import { describe, expect, it } from "vitest";
import type { Message, Tool, ToolCall } from "../../domain/chat.ts";
import type { CompletionEvent, CompletionRequest } from "../../domain/ports/completion-port.ts";
import {
  ANSWER,
  bothWays,
  type Context,
  eventsOf,
  type Opened,
  TEXT,
  unending,
  type VendorAnswer,
} from "./completion-harness.ts";

const TOOLS: readonly Tool[] = [
  {
    name: "tides",
    description: "High and low water on a day.",
    parameters: {
      type: "object",
      properties: { port: { type: "string" }, day: { type: "string" } },
      required: ["port"],
      additionalProperties: false,
    },
  },
  { name: "now", parameters: { type: "object", properties: {} } },
];

const CALLS: readonly ToolCall[] = [
  { id: "call_tides-1", name: "tides", arguments: JSON.stringify({ port: "Île d’Ouessant 岬", day: '2026-11-26 "}' }) },
  { id: "call_now-1", name: "now", arguments: "{}" },
];

const ASKS_FOR_TOOLS: VendorAnswer = { ...ANSWER, deltas: [], toolCalls: CALLS, finishReason: "tool-calls" };

/** The cases in which the model asks for tools, and hears what they gave. */
export function describeCompletionTools(context: Context): void {
  describe("tools", () => {
    describeCalls(context);
    describeWhatIsHeard(context);
  });
}

function describeCalls({ open, feature }: Context): void {
  feature(
    "tools",
    "tool-answers",
    "tells the tool calls of an answer, whole and streamed, even without text",
    async () => {
      const opened = await withTools(open);
      opened.answer?.(ASKS_FOR_TOOLS);
      for (const completion of await bothWays(opened)) {
        expect(completion).toMatchObject({ text: "", toolCalls: CALLS, finishReason: "tool-calls" });
      }
    },
  );

  feature(
    "tools",
    "tool-answers",
    "streams a tool call, then its arguments in pieces, in the answer's order",
    async () => {
      const { port, request, answer } = await withTools(open);
      answer?.({ ...ASKS_FOR_TOOLS, deltas: ANSWER.deltas });
      const events = await eventsOf(port.stream(request, unending()));
      const calls = events.filter((event) => event.type === "tool-call" || event.type === "tool-arguments");
      expect(calls.flatMap((event) => (event.type === "tool-call" ? [event] : []))).toEqual(
        CALLS.map(({ id, name }, index) => ({ type: "tool-call", index, id, name })),
      );
      for (const index of CALLS.keys()) {
        const [begin, ...pieces] = calls.filter((event) => event.index === index);
        expect(begin?.type).toBe("tool-call");
        expect(pieces.map(jsonOf).join("")).toBe(CALLS[index]?.arguments);
        for (const piece of pieces) expect(jsonOf(piece)).not.toBe("");
      }
      expect(events.at(-1)?.type).toBe("finish");
    },
  );

  feature("tools", "tool-answers", "tells text and tool calls of one answer", async () => {
    const opened = await withTools(open);
    opened.answer?.({ ...ASKS_FOR_TOOLS, deltas: ANSWER.deltas });
    const [whole, streamed] = await bothWays(opened);
    expect(whole).toMatchObject({ text: TEXT, toolCalls: CALLS });
    expect(streamed).toEqual(whole);
  });

  it("tells no tool call where the model asks for none", async () => {
    for (const { toolCalls } of await bothWays(await open())) expect(toolCalls).toEqual([]);
  });
}

function describeWhatIsHeard({ open, feature }: Context): void {
  feature("tools", "heard", "tells the vendor of the tools", async () => {
    const opened = await withTools(open);
    await bothWays(opened);
    expect(opened.heard?.().parameters.tools).toEqual(TOOLS);
  });

  for (const toolChoice of ["required", { name: "tides" }] as const) {
    feature("toolChoice", "heard", `tells the vendor of the choice ${JSON.stringify(toolChoice)}`, async () => {
      const opened = await withTools(open, { toolChoice });
      await bothWays(opened);
      expect(opened.heard?.().parameters.toolChoice).toEqual(toolChoice);
    });
  }

  feature("toolChoice", "heard", "offers no tool, or says so, where the choice is none", async () => {
    const opened = await withTools(open, { toolChoice: "none" });
    await bothWays(opened);
    const { tools, toolChoice } = opened.heard?.().parameters ?? {};
    expect(tools === undefined || toolChoice === "none").toBe(true);
  });

  feature("tools", "heard", "tells the vendor what its calls gave, each under its call", async () => {
    const messages: readonly Message[] = [
      { role: "user", content: "When is high water?" },
      { role: "assistant", content: "I look it up.", toolCalls: CALLS },
      { role: "tool", toolCallId: "call_tides-1", content: '{"high":"06:12"}' },
      { role: "tool", toolCallId: "call_now-1", content: "05:40" },
      { role: "assistant", content: "", toolCalls: [{ ...CALLS[0], id: "call_tides-2" } as ToolCall] },
      { role: "tool", toolCallId: "call_tides-2", content: "06:12" },
      { role: "user", content: "Well?" },
    ];
    const opened = await withTools(open);
    const prompt = { ...opened.request.prompt, messages };
    for (const completion of await bothWays({ ...opened, request: { ...opened.request, prompt } })) {
      expect(completion.warnings).toEqual([]);
    }
    expect(opened.heard?.().messages).toEqual(messages);
  });
}

async function withTools(open: Context["open"], more: Partial<CompletionRequest> = {}): Promise<Opened> {
  const opened = await open();
  return { ...opened, request: { ...opened.request, tools: TOOLS, ...more } };
}

function jsonOf(event: CompletionEvent): string {
  return event.type === "tool-arguments" ? event.json : "";
}
