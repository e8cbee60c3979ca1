import { describe, expect, it } from "vitest";
import type { CompletionFeature, CompletionParameters, ContentPart, Message, TokenLogprob } from "../../domain/chat.ts";
import { ANSWER, bothWays, type Context, DELTAS, type Opened, TEXT } from "./completion-harness.ts";

/** A request that asks for each feature that is a parameter, tools apart. */
const PARAMETERS = {
  temperature: { temperature: 0.5 },
  topP: { topP: 0.25 },
  stop: { stop: ["END", "\n\nUser:"] },
  seed: { seed: 7 },
  frequencyPenalty: { frequencyPenalty: 0.5 },
  presencePenalty: { presencePenalty: -0.5 },
  topLogprobs: { topLogprobs: 2 },
  responseFormat: {
    responseFormat: {
      type: "json-schema",
      name: "lighthouse",
      description: "Where it stands.",
      schema: {
        type: "object",
        properties: { place: { type: "string" } },
        required: ["place"],
        additionalProperties: false,
      },
    },
  },
  reasoningEffort: { reasoningEffort: "low" },
  parallelToolCalls: {
    tools: [{ name: "now", parameters: { type: "object", properties: {} } }],
    parallelToolCalls: false,
  },
} as const satisfies Partial<Record<CompletionFeature, CompletionParameters>>;

const IMAGES = {
  images: { type: "image", image: { mediaType: "image/png", base64: "iVBORw0KGgo=" } },
  imageUrls: { type: "image", image: { url: "https://example.org/lighthouse.png" } },
} as const satisfies Partial<Record<CompletionFeature, ContentPart>>;

/** The cases of what a model supports, and of what it does not. */
export function describeCompletionParameters(context: Context): void {
  describe("parameters", () => {
    it("says that it supports what it does", async () => {
      const { port } = await context.open();
      expect([...port.supports].toSorted()).toEqual([...context.supports].toSorted());
    });
    describeHonoured(context);
    describeLeftOut(context);
    describeLogprobs(context);
  });
}

function describeHonoured({ open, feature }: Context): void {
  for (const [name, parameters] of parameterEntries()) {
    feature(name, "heard", `tells the vendor of ${name}`, async () => {
      const opened = withParameters(await open(), parameters);
      for (const { warnings } of await bothWays(opened)) expect(warnings).toEqual([]);
      expect(opened.heard?.().parameters).toEqual(parameters);
    });
  }

  for (const [name, image] of imageEntries()) {
    feature(name, "heard", `shows the vendor ${name}, where they stand between texts`, async () => {
      const content: readonly ContentPart[] = [
        { type: "text", text: "What is this:" },
        image,
        { type: "text", text: "a lighthouse?" },
      ];
      const messages: readonly Message[] = [{ role: "user", content }];
      const opened = withMessages(await open(), messages);
      for (const { warnings } of await bothWays(opened)) expect(warnings).toEqual([]);
      expect(opened.heard?.().messages).toEqual(messages);
    });
  }
}

function describeLeftOut({ open, case: only, supports }: Context): void {
  for (const [name, parameters] of parameterEntries()) {
    if (supports.has(name)) continue;
    only("unsupported", `leaves out ${name}, which it does not support, with a warning`, async () => {
      const opened = withParameters(await open(), parameters);
      for (const { warnings } of await bothWays(opened)) expect(warnings).not.toEqual([]);
      expect(opened.heard?.().parameters ?? {}).not.toHaveProperty(name);
    });
  }

  for (const [name, image] of imageEntries()) {
    if (supports.has(name)) continue;
    only("unsupported", `leaves out ${name}, which it does not support, with a warning`, async () => {
      const opened = await open();
      const asked: Message = { role: "user", content: [{ type: "text", text: opened.request.prompt.question }, image] };
      const looking = withMessages(opened, [asked]);
      for (const { warnings } of await bothWays(looking)) expect(warnings).not.toEqual([]);
      expect(JSON.stringify(opened.heard?.().messages ?? [])).not.toContain('"image"');
    });
  }
}

function describeLogprobs({ open, feature }: Context): void {
  const LOGPROBS: readonly TokenLogprob[] = DELTAS.map((token, index) => ({
    token,
    logprob: -0.25 * (index + 1),
    bytes: [...Buffer.from(token)],
    alternatives: [
      { token, logprob: -0.25 * (index + 1), bytes: [...Buffer.from(token)] },
      { token: "A ", logprob: -5, bytes: [65, 32] },
    ],
  }));

  feature("topLogprobs", "text", "tells how likely each token was to whoever asks, and to nobody else", async () => {
    const opened = await open();
    opened.answer?.({ ...ANSWER, logprobs: LOGPROBS });
    for (const completion of await bothWays(withParameters(opened, { topLogprobs: 2 }))) {
      expect(completion).toMatchObject({ text: TEXT, logprobs: LOGPROBS });
    }
    for (const completion of await bothWays(opened)) expect(completion).not.toHaveProperty("logprobs");
  });
}

function parameterEntries(): readonly (readonly [CompletionFeature, CompletionParameters])[] {
  return Object.entries(PARAMETERS) as [keyof typeof PARAMETERS, CompletionParameters][];
}

function imageEntries(): readonly (readonly [CompletionFeature, ContentPart])[] {
  return Object.entries(IMAGES) as [keyof typeof IMAGES, ContentPart][];
}

function withParameters(opened: Opened, parameters: CompletionParameters): Opened {
  return { ...opened, request: { ...opened.request, ...parameters } };
}

function withMessages(opened: Opened, messages: readonly Message[]): Opened {
  const prompt = { ...opened.request.prompt, messages };
  return { ...opened, request: { ...opened.request, prompt } };
}
