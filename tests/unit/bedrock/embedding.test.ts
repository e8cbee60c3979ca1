import { describe, expect, it, onTestFinished } from "vitest";
import { createEmbedding } from "../../../adapters/outbound/bedrock/embedding.ts";
import { bedrockEmbeddingOptions } from "../../../adapters/outbound/bedrock/options.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../../support/aws-environment.ts";
import { replyEmbedding, replyException } from "../../support/wires/bedrock-wire.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";

withAwsEnvironment(LOOPBACK_KEYS);

const TITAN = { model: "amazon.titan-embed-text-v2:0", dimensions: 256 } as const;
const COHERE_V3 = { model: "cohere.embed-english-v3", dimensions: 1024 } as const;
const COHERE_V4 = { model: "global.cohere.embed-v4:0", dimensions: 512 } as const;

async function open(
  answer: (call: LoopbackCall) => void,
  options: { readonly model: string; readonly dimensions: number; readonly max_concurrency?: number },
) {
  const vendor = await startLoopback(answer);
  const endpoint = vendor.url;
  const port = createEmbedding(bedrockEmbeddingOptions.parse({ region: "us-east-1", endpoint, ...options }));
  onTestFinished(async () => {
    await port.close?.();
    await vendor.close();
  });
  return { port, vendor };
}

describe("BedrockEmbedding", () => {
  const bodies = [
    [TITAN, { inputText: "a", dimensions: 256, normalize: true }],
    [COHERE_V3, { texts: ["a"], input_type: "search_query", truncate: "NONE" }],
    [
      COHERE_V4,
      { texts: ["a"], input_type: "search_query", truncate: "NONE", embedding_types: ["float"], output_dimension: 512 },
    ],
  ] as const;
  for (const [options, body] of bodies) {
    it(`asks ${options.model} as its family wants to be asked`, async () => {
      const { port, vendor } = await open((call) => replyEmbedding(call, options.dimensions), options);
      await port.embed({ texts: ["a"], purpose: "query" }, unending());
      expect(vendor.calls[0]?.path).toBe(`/model/${encodeURIComponent(options.model)}/invoke`);
      expect(vendor.calls[0]?.body).toEqual(body);
      expect(port.name).toBe(`bedrock/${options.model}/${options.dimensions}`);
    });
  }

  it("sends Cohere's texts in one call, and Titan's one by one", async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
    for (const [options, calls] of [
      [COHERE_V3, 1],
      [TITAN, 20],
    ] as const) {
      const { port, vendor } = await open((call) => replyEmbedding(call, options.dimensions), options);
      await port.embed({ texts, purpose: "document" }, unending());
      expect(vendor.calls).toHaveLength(calls);
    }
  });

  it("has eight calls under way at most, and no fewer where there is work for them", async () => {
    const waiting: LoopbackCall[] = [];
    let most = 0;
    let left = 20;
    const { port } = await open((call) => {
      waiting.push(call);
      most = Math.max(most, waiting.length);
      // Answered only where all that may be under way is: a ninth call would be seen here.
      if (waiting.length < Math.min(8, left)) return;
      left -= waiting.length;
      for (const held of waiting.splice(0)) replyEmbedding(held, TITAN.dimensions);
    }, TITAN);
    const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
    expect(await port.embed({ texts, purpose: "document" }, unending())).toHaveLength(20);
    expect(most).toBe(8);
  });

  it("has no more calls under way than `max_concurrency` over all that ask, a query before documents", async () => {
    const held: LoopbackCall[] = [];
    let most = 0;
    let full = Promise.withResolvers<void>();
    const answer = (call: LoopbackCall) => {
      held.push(call);
      most = Math.max(most, held.length);
      if (held.length === 3) full.resolve();
    };
    const { port, vendor } = await open(answer, { ...TITAN, max_concurrency: 3 });
    const ingestions = ["one", "other"].map((name) => {
      const texts = Array.from({ length: 10 }, (_, index) => `${name} ${index}`);
      return port.embed({ texts, purpose: "document" }, unending());
    });
    await full.promise;
    const query = port.embed({ texts: ["a query"], purpose: "query" }, unending());
    full = Promise.withResolvers();
    for (const call of held.splice(0)) replyEmbedding(call, TITAN.dimensions);
    await full.promise;
    expect(vendor.calls.slice(3, 6).map(({ body }) => body.inputText)).toContain("a query");
    while (vendor.calls.length < 21 || held.length > 0) {
      for (const call of held.splice(0)) replyEmbedding(call, TITAN.dimensions);
      await new Promise(setImmediate);
    }
    expect(await query).toHaveLength(1);
    for (const vectors of await Promise.all(ingestions)) expect(vectors).toHaveLength(10);
    expect(most).toBe(3);
  });

  it("sends no more than 96 texts in one of Cohere's calls", async () => {
    const { port, vendor } = await open((call) => replyEmbedding(call, COHERE_V4.dimensions), COHERE_V4);
    const texts = Array.from({ length: 200 }, (_, index) => `text ${index}`);
    expect(await port.embed({ texts, purpose: "document" }, unending())).toHaveLength(200);
    const sizes = vendor.calls.map(({ body }) => (body.texts as readonly string[]).length);
    expect(sizes.toSorted((one, other) => other - one)).toEqual([96, 96, 8]);
  });

  it("names each text that is longer than the model takes, before it asks", async () => {
    for (const [options, most] of [
      [TITAN, 50_000],
      [COHERE_V3, 2_048],
    ] as const) {
      const { port, vendor } = await open((call) => replyEmbedding(call, options.dimensions), options);
      const texts = ["a", "b".repeat(most + 1), "c".repeat(most)];
      await expect(port.embed({ texts, purpose: "document" }, unending())).rejects.toMatchObject({
        code: "invalid-request",
        problems: [{ field: "texts[1]", message: `has ${most + 1} characters, and the model takes ${most}` }],
      });
      expect(vendor.calls).toHaveLength(0);
    }
  });

  it("ends the other calls of a batch where one fails, and asks no more", async () => {
    const held: LoopbackCall[] = [];
    const { port, vendor } = await open((call) => {
      held.push(call);
      if (held.length === 8) replyException(call, { status: 429, name: "ThrottlingException" });
    }, TITAN);
    const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);
    await expect(port.embed({ texts, purpose: "document" }, unending())).rejects.toMatchObject({
      code: "rate-limited",
    });
    await Promise.all(held.slice(0, 7).map(({ gone }) => gone));
    expect(vendor.calls).toHaveLength(8);
  });

  it("names the setting where the model has other dimensions, and does not call that retryable", async () => {
    const { port } = await open((call) => replyEmbedding(call, 512), TITAN);
    await expect(port.embed({ texts: ["a"], purpose: "document" }, unending())).rejects.toMatchObject({
      code: "vendor-reply-invalid",
      retryable: false,
      message: expect.stringMatching(/512 dimensions.*`dimensions` says 256/u),
    });
  });

  const vector = Array.from({ length: 1024 }, () => 1);
  const unreadable: readonly (readonly [string, (call: LoopbackCall) => void])[] = [
    ["too few vectors", (call) => replyJson(call, 200, { embeddings: [vector] })],
    ["no vectors", (call) => replyJson(call, 200, {})],
    ["no numbers", (call) => replyJson(call, 200, { embeddings: [vector, ["x"]] })],
    ["numbers without end", (call) => replyJson(call, 200, { embeddings: [vector, vector.map(() => 1e300)] })],
    ["half a JSON", (call) => void call.response.writeHead(200, { "content-type": "application/json" }).end('{"embed')],
  ];
  for (const [what, answer] of unreadable) {
    it(`throws \`vendor-reply-invalid\` for a reply with ${what}`, async () => {
      const { port } = await open(answer, COHERE_V3);
      const work = port.embed({ texts: ["a", "b"], purpose: "document" }, unending());
      await expect(work).rejects.toMatchObject({ code: "vendor-reply-invalid" });
    });
  }
});

function unending(): AbortSignal {
  return new AbortController().signal;
}
