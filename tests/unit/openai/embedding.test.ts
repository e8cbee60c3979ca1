import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEmbedding } from "../../../adapters/outbound/openai/embedding.ts";
import { openaiEmbeddingOptions } from "../../../adapters/outbound/openai/options.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";
import { replyEmbeddings } from "../../support/wires/openai-wire.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const DIMENSIONS = 16;

async function open(answer: (call: LoopbackCall) => void, model = "text-embedding-3-small", maxConcurrency = 8) {
  const vendor = await startLoopback(answer);
  const port = createEmbedding(
    openaiEmbeddingOptions.parse({
      model,
      api_key: "sk-given",
      base_url: `${vendor.url}/v1`,
      dimensions: DIMENSIONS,
      max_concurrency: maxConcurrency,
    }),
    { tokenizer: wordTokenizer },
  );
  return { port, vendor };
}

async function openForTest(...parameters: Parameters<typeof open>) {
  const opened = await open(...parameters);
  onTestFinished(() => opened.vendor.close());
  return opened;
}

const answerWell = (call: LoopbackCall) => replyEmbeddings(call, DIMENSIONS);

describe("OpenAIEmbedding", () => {
  it("asks a text-embedding-3 model for the dimensions of the options", async () => {
    const { port, vendor } = await openForTest(answerWell);
    await port.embed({ texts: ["a", "b"], purpose: "query" }, unending());
    expect(vendor.calls[0]?.path).toBe("/v1/embeddings");
    expect(vendor.calls[0]?.body).toEqual({
      model: "text-embedding-3-small",
      input: ["a", "b"],
      encoding_format: "base64",
      dimensions: DIMENSIONS,
    });
  });

  it("asks no other model for dimensions", async () => {
    const { port, vendor } = await openForTest(answerWell, "bge-m3");
    await port.embed({ texts: ["a"], purpose: "query" }, unending());
    expect(vendor.calls[0]?.body).not.toHaveProperty("dimensions");
  });

  it("names model and dimensions", async () => {
    const { port } = await openForTest(answerWell);
    expect(port.name).toBe("openai/text-embedding-3-small/16");
  });

  it("reads floats where a server does not pack them", async () => {
    const packed = await openForTest(answerWell);
    const plain = await openForTest((call) => {
      const { encoding_format: _, ...body } = call.body;
      replyEmbeddings({ ...call, body }, DIMENSIONS);
    });
    const request = { texts: ["a lighthouse", "a harbour"], purpose: "document" } as const;
    expect(await plain.port.embed(request, unending())).toEqual(await packed.port.embed(request, unending()));
  });

  it("leaves a vector of zeros as it is", async () => {
    const { port } = await openForTest(answerWell);
    const [vector] = await port.embed({ texts: ["..."], purpose: "document" }, unending());
    expect(vector).toEqual(new Float32Array(DIMENSIONS));
  });

  it("sends no more than 300,000 bytes at once, each text once and in its order", async () => {
    const { port, vendor } = await openForTest(answerWell);
    const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 160_000 }), fc.constantFrom("a", "é", "灯")), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (entries) => {
        const texts = entries.map(([size, letter], index) => `${index} `.padEnd(size, letter));
        const before = vendor.calls.length;
        const vectors = await port.embed({ texts, purpose: "document" }, unending());
        expect(vectors).toHaveLength(texts.length);
        const inputs = vendor.calls.slice(before).map(({ body }) => body.input as string[]);
        // Calls that are under way together arrive in any order.
        inputs.sort(([one = ""], [other = ""]) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
        expect(inputs.flat()).toEqual(texts);
        for (const input of inputs) {
          const bytes = input.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
          expect(bytes <= 300_000 || input.length === 1).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("has no more calls under way than it may, whoever asks, and lets a query go before documents", async () => {
    const held: LoopbackCall[] = [];
    let arrived = Promise.withResolvers<void>();
    const { port, vendor } = await openForTest(
      (call) => {
        held.push(call);
        if (held.length === 2) arrived.resolve();
      },
      undefined,
      2,
    );
    const long = "a".repeat(200_000);
    const documents = [1, 2].map((n) =>
      port.embed({ texts: [`${n}${long}`, `${n}${long}b`], purpose: "document" }, unending()),
    );
    await arrived.promise;
    const query = port.embed({ texts: ["a query"], purpose: "query" }, unending());
    expect(vendor.calls).toHaveLength(2);
    arrived = Promise.withResolvers();
    for (const call of held.splice(0)) replyEmbeddings(call, DIMENSIONS);
    await arrived.promise;
    expect(vendor.calls.slice(2, 4).map(({ body }) => body.input)).toContainEqual(["a query"]);
    while (vendor.calls.length < 5 || held.length > 0) {
      for (const call of held.splice(0)) replyEmbeddings(call, DIMENSIONS);
      await new Promise(setImmediate);
    }
    expect(await query).toHaveLength(1);
    expect(await Promise.all(documents)).toHaveLength(2);
  });

  it("names each text that has more tokens than OpenAI's own models take, before it asks", async () => {
    const words = (count: number) => "a ".repeat(count);
    const request = { texts: ["a", words(8_193), words(8_192), words(9_000)], purpose: "document" } as const;
    const own = await openForTest(answerWell);
    await expect(own.port.embed(request, unending())).rejects.toMatchObject({
      code: "invalid-request",
      problems: [
        { field: "texts[1]", message: "has 8193 tokens, and the model takes 8192" },
        { field: "texts[3]", message: "has 9000 tokens, and the model takes 8192" },
      ],
    });
    expect(own.vendor.calls).toHaveLength(0);
    const other = await openForTest(answerWell, "long-context-embedder");
    expect(await other.port.embed(request, unending())).toHaveLength(4);
  });

  it("names the setting where the model has other dimensions, and does not call that retryable", async () => {
    const { port } = await openForTest((call) => replyEmbeddings(call, 8), "bge-m3");
    const work = port.embed({ texts: ["a"], purpose: "document" }, unending());
    await expect(work).rejects.toMatchObject({
      code: "vendor-reply-invalid",
      retryable: false,
      message: expect.stringMatching(/8 dimensions.*`dimensions` says 16/u),
    });
  });

  const vector = Array.from({ length: DIMENSIONS }, () => 1);
  const unreadable: readonly (readonly [string, unknown])[] = [
    ["one too few", [{ index: 0, embedding: vector }]],
    [
      "one twice",
      [
        { index: 0, embedding: vector },
        { index: 0, embedding: vector },
      ],
    ],
    [
      "an index that nobody asked for",
      [
        { index: 0, embedding: vector },
        { index: 2, embedding: vector },
      ],
    ],
    [
      "no numbers",
      [
        { index: 0, embedding: vector },
        { index: 1, embedding: [null] },
      ],
    ],
    [
      "a packed number that is not finite",
      [0, 1].map((index) => ({ index, embedding: Buffer.alloc(DIMENSIONS * 4, 0xff).toString("base64") })),
    ],
  ];
  for (const [what, data] of unreadable) {
    it(`throws \`vendor-reply-invalid\` for a reply with ${what}`, async () => {
      const { port } = await openForTest((call) => replyJson(call, 200, { data }));
      const work = port.embed({ texts: ["a", "b"], purpose: "document" }, unending());
      await expect(work).rejects.toMatchObject({ code: "vendor-reply-invalid" });
    });
  }
});

function unending(): AbortSignal {
  return new AbortController().signal;
}
