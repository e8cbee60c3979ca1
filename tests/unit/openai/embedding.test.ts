import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEmbedding } from "../../../adapters/outbound/openai/embedding.ts";
import { openaiEmbeddingOptions } from "../../../adapters/outbound/openai/options.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";
import { replyEmbeddings } from "../../support/wires/openai-wire.ts";

const DIMENSIONS = 16;

async function open(answer: (call: LoopbackCall) => void, model = "text-embedding-3-small") {
  const vendor = await startLoopback(answer);
  const port = createEmbedding(
    openaiEmbeddingOptions.parse({ model, api_key: "sk-given", base_url: `${vendor.url}/v1`, dimensions: DIMENSIONS }),
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
        expect(inputs.flat()).toEqual(texts);
        for (const input of inputs) {
          const bytes = input.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
          expect(bytes <= 300_000 || input.length === 1).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
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
