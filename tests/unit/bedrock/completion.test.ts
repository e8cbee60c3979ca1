import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createCompletion } from "../../../adapters/outbound/bedrock/completion.ts";
import { type BedrockCompletionOptions, bedrockCompletionOptions } from "../../../adapters/outbound/bedrock/options.ts";
import type { CompletionEvent, CompletionPort, CompletionRequest } from "../../../domain/ports/completion-port.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../../support/aws-environment.ts";
import { bedrockDialect, bedrockEvent } from "../../support/wires/bedrock-wire.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";

withAwsEnvironment(LOOPBACK_KEYS);

const REQUEST: CompletionRequest = {
  prompt: {
    system: "Be brief.",
    messages: [
      { role: "user", content: "Hello." },
      { role: "assistant", content: "Good day." },
      { role: "user", content: "Well." },
      { role: "user", content: "Where is it?" },
    ],
    question: "Where is it?",
    sources: [],
  },
  maxTokens: 300,
};

const ANSWER = {
  deltas: ["There."],
  finishReason: "stop",
  usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 },
} as const;

const answerWell = (call: LoopbackCall) => {
  if (!bedrockDialect.streams(call)) return replyJson(call, 200, bedrockDialect.whole(ANSWER));
  const deltas = ANSWER.deltas.map((text) => bedrockDialect.delta(text));
  return replyStream(call, [...bedrockDialect.opening(), ...deltas, ...bedrockDialect.ending(ANSWER, call)]);
};

async function open(answer: (call: LoopbackCall) => void, options: Partial<BedrockCompletionOptions> = {}) {
  const vendor = await startLoopback(answer);
  const port = createCompletion(
    bedrockCompletionOptions.parse({
      model: "us.anthropic.claude-3-opus-20240229-v1:0",
      region: "us-west-2",
      endpoint: vendor.url,
      context_tokens: 1000,
      ...options,
    }),
  );
  onTestFinished(async () => {
    await port.close?.();
    await vendor.close();
  });
  return { port, vendor };
}

describe("BedrockCompletion's request", () => {
  it("sends system and turns, turns of one role as one message, and bounds the answer", async () => {
    const { port, vendor } = await open(answerWell);
    await port.complete(REQUEST, unending());
    expect(vendor.calls[0]?.path).toBe("/model/us.anthropic.claude-3-opus-20240229-v1%3A0/converse");
    expect(vendor.calls[0]?.headers.authorization).toContain("/us-west-2/bedrock/aws4_request");
    expect(vendor.calls[0]?.body).toEqual({
      system: [{ text: "Be brief." }],
      messages: [
        { role: "user", content: [{ text: "Hello." }] },
        { role: "assistant", content: [{ text: "Good day." }] },
        { role: "user", content: [{ text: "Well." }, { text: "Where is it?" }] },
      ],
      inferenceConfig: { maxTokens: 300 },
    });
  });

  const withoutSystem: readonly Partial<BedrockCompletionOptions>[] = [
    { system_prompt: "unsupported" },
    { unsupported: ["system_prompt"] },
  ];
  for (const options of withoutSystem) {
    it(`opens the first message with the instructions for a model with ${JSON.stringify(options)}`, async () => {
      const { port, vendor } = await open(answerWell, options);
      await port.complete(REQUEST, unending());
      expect(vendor.calls[0]?.body).not.toHaveProperty("system");
      expect(vendor.calls[0]?.body.messages).toMatchObject([
        { role: "user", content: [{ text: "Be brief." }, { text: "Hello." }] },
        { role: "assistant" },
        { role: "user" },
      ]);
    });
  }

  it("sends no instructions where there are none", async () => {
    for (const system_prompt of ["supported", "unsupported"] as const) {
      const { port, vendor } = await open(answerWell, { system_prompt });
      await port.complete({ ...REQUEST, prompt: { ...REQUEST.prompt, system: "" } }, unending());
      expect(vendor.calls[0]?.body).not.toHaveProperty("system");
      expect(vendor.calls[0]?.body.messages).toMatchObject([{ content: [{ text: "Hello." }] }, {}, {}]);
    }
  });

  it("lowers a temperature that Bedrock does not take, and says so in the answer", async () => {
    const { port, vendor } = await open(answerWell);
    const lowered = await port.complete({ ...REQUEST, temperature: 1.4 }, unending());
    expect(vendor.calls[0]?.body.inferenceConfig).toEqual({ maxTokens: 300, temperature: 1 });
    expect(lowered.warnings).toEqual(["Bedrock takes a temperature up to 1: 1.4 was lowered to it."]);
    const events = await eventsOf(port, { ...REQUEST, temperature: 1.4 });
    expect(events.at(-1)).toMatchObject({ type: "finish", warnings: lowered.warnings });
    const kept = await port.complete({ ...REQUEST, temperature: 0 }, unending());
    expect(vendor.calls.at(-1)?.body.inferenceConfig).toEqual({ maxTokens: 300, temperature: 0 });
    expect(kept.warnings).toEqual([]);
  });

  const withoutTemperature: readonly Partial<BedrockCompletionOptions>[] = [
    { temperature: "unsupported" },
    { unsupported: ["temperature"] },
  ];
  for (const options of withoutTemperature) {
    it(`leaves the temperature out for a model with ${JSON.stringify(options)}, and says so in the answer`, async () => {
      const { port, vendor } = await open(answerWell, options);
      const { warnings } = await port.complete({ ...REQUEST, temperature: 1.4 }, unending());
      expect(vendor.calls[0]?.body.inferenceConfig).toEqual({ maxTokens: 300 });
      expect(warnings).toEqual(["This model takes no temperature: it was left out."]);
    });
  }

  it("goes to the endpoint that the SDK's own variable names where the options name none", async () => {
    const { vendor } = await open(answerWell);
    vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", vendor.url);
    onTestFinished(() => void vi.unstubAllEnvs());
    const port = createCompletion(
      bedrockCompletionOptions.parse({ model: "m", region: "us-east-1", context_tokens: 10 }),
    );
    onTestFinished(() => port.close?.());
    expect((await port.complete(REQUEST, unending())).text).toBe("There.");
  });

  it("keeps one connection for call after call", async () => {
    const { port, vendor } = await open(answerWell);
    for (let round = 0; round < 5; round += 1) {
      await port.complete(REQUEST, unending());
      await eventsOf(port);
    }
    expect(vendor.calls).toHaveLength(10);
    expect(vendor.connections()).toBe(1);
  });

  it("has more than fifty calls under way at once where it is asked to", async () => {
    const all = Promise.withResolvers<void>();
    const { port, vendor } = await open((call) => {
      if (vendor.calls.length === 60) all.resolve();
      all.promise.then(() => answerWell(call));
    });
    const answers = Array.from({ length: 60 }, () => port.complete(REQUEST, unending()));
    expect(await Promise.all(answers)).toHaveLength(60);
  });
});

describe("BedrockCompletion's reading", () => {
  it("leaves the model's reasoning out of the answer", async () => {
    const reasoningContent = { reasoningText: { text: "Hm.", signature: "x" } };
    const { port } = await open((call) =>
      bedrockDialect.streams(call)
        ? replyStream(call, [
            bedrockEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: { text: "Hm." } } }),
            bedrockEvent("contentBlockDelta", { contentBlockIndex: 1, delta: { text: "There" } }),
            bedrockEvent("contentBlockDelta", { contentBlockIndex: 2, delta: { text: " it is." } }),
            ...bedrockDialect.ending(ANSWER, call),
          ])
        : replyJson(call, 200, {
            output: {
              message: { role: "assistant", content: [{ reasoningContent }, { text: "There" }, { text: " it is." }] },
            },
            stopReason: "end_turn",
          }),
    );
    expect((await port.complete(REQUEST, unending())).text).toBe("There it is.");
    const deltas = (await eventsOf(port)).flatMap((event) => (event.type === "delta" ? [event.text] : []));
    expect(deltas).toEqual(["There", " it is."]);
  });

  const reasons = [
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["guardrail_intervened", "content-filter"],
    ["content_filtered", "content-filter"],
    ["tool_use", "tool-calls"],
  ] as const;
  for (const [stopReason, finishReason] of reasons) {
    it(`calls ${stopReason} ${finishReason}`, async () => {
      const message = { role: "assistant", content: [{ text: "There." }] };
      const { port } = await open((call) => replyJson(call, 200, { output: { message }, stopReason }));
      const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
      expect(await port.complete(REQUEST, unending())).toEqual({
        text: "There.",
        toolCalls: [],
        finishReason,
        usage,
        warnings: [],
      });
    });
  }

  it("counts tokens that were written to the cache, or read from it, among the input's", async () => {
    const usage = {
      inputTokens: 5,
      outputTokens: 7,
      totalTokens: 42,
      cacheReadInputTokens: 20,
      cacheWriteInputTokens: 10,
    };
    const message = { role: "assistant", content: [{ text: "There." }] };
    const { port } = await open((call) => replyJson(call, 200, { output: { message }, stopReason: "end_turn", usage }));
    const expected = { inputTokens: 35, outputTokens: 7, cachedInputTokens: 20, cacheWriteInputTokens: 10 };
    expect((await port.complete(REQUEST, unending())).usage).toEqual(expected);
  });
});

function replyStream(call: LoopbackCall, frames: readonly Uint8Array[]): void {
  call.response.writeHead(200, { "content-type": bedrockDialect.streamType }).end(Buffer.concat(frames));
}

async function eventsOf(port: CompletionPort, request = REQUEST): Promise<readonly CompletionEvent[]> {
  const events: CompletionEvent[] = [];
  for await (const next of port.stream(request, unending())) events.push(next);
  return events;
}

function unending(): AbortSignal {
  return new AbortController().signal;
}
