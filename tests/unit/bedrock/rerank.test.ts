import { describe, expect, it, onTestFinished } from "vitest";
import { bedrockRerankOptions } from "../../../adapters/outbound/bedrock/options.ts";
import { createReranker } from "../../../adapters/outbound/bedrock/rerank.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../../support/aws-environment.ts";
import { RERANK_REGION, replyRanking, replyRerank, rerankInputOf } from "../../support/wires/bedrock-rerank-wire.ts";
import { replyException } from "../../support/wires/bedrock-wire.ts";
import { type LoopbackCall, replyJson, startLoopback } from "../../support/wires/loopback.ts";

withAwsEnvironment(LOOPBACK_KEYS);

const MODEL = "cohere.rerank-v3-5:0";
const REQUEST = { query: "red boat", texts: ["a boat", "a red boat", "a house"] };

async function open(answer: (call: LoopbackCall) => void, options: { model?: string; region?: string } = {}) {
  const vendor = await startLoopback(answer);
  const endpoint = vendor.url;
  const port = createReranker(
    bedrockRerankOptions.parse({ model: MODEL, region: RERANK_REGION, endpoint, ...options }),
  );
  onTestFinished(async () => {
    await port.close?.();
    await vendor.close();
  });
  return { port, vendor };
}

describe("BedrockReranker", () => {
  it("asks Rerank for as many results as are wanted, of the model's ARN in its region", async () => {
    const { port, vendor } = await open(replyRerank);
    expect(await port.rerank({ ...REQUEST, topN: 2 }, unending())).toEqual([
      { index: 1, score: 1 },
      { index: 0, score: 0.5 },
    ]);
    expect(vendor.calls.map(({ path }) => path)).toEqual(["/rerank"]);
    expect(vendor.calls[0]?.body).toEqual({
      queries: [{ type: "TEXT", textQuery: { text: "red boat" } }],
      sources: REQUEST.texts.map((text) => ({
        type: "INLINE",
        inlineDocumentSource: { type: "TEXT", textDocument: { text } },
      })),
      rerankingConfiguration: {
        type: "BEDROCK_RERANKING_MODEL",
        bedrockRerankingConfiguration: {
          numberOfResults: 2,
          modelConfiguration: { modelArn: `arn:aws:bedrock:${RERANK_REGION}::foundation-model/${MODEL}` },
        },
      },
    });
  });

  const arns = [
    ["us-west-2", "amazon.rerank-v1:0", "arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0"],
    ["us-gov-west-1", MODEL, `arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/${MODEL}`],
    ["cn-north-1", MODEL, `arn:aws-cn:bedrock:cn-north-1::foundation-model/${MODEL}`],
    [
      "eu-west-1",
      "arn:aws:bedrock:eu-central-1::foundation-model/x",
      "arn:aws:bedrock:eu-central-1::foundation-model/x",
    ],
  ] as const;
  for (const [region, model, arn] of arns) {
    it(`names ${model} in ${region} as ${arn}`, async () => {
      const { port, vendor } = await open(
        (call) => replyRanking(call, { results: [{ index: 0, relevanceScore: 1 }] }),
        {
          region,
          model,
        },
      );
      await port.rerank({ query: "q", texts: ["t"] }, unending());
      const { rerankingConfiguration } = rerankInputOf(vendor.calls[0] as LoopbackCall);
      expect(rerankingConfiguration?.bedrockRerankingConfiguration?.modelConfiguration?.modelArn).toBe(arn);
    });
  }

  it("follows the pages of an answer to the end, and asks for no page that nobody wants", async () => {
    const { port, vendor } = await open((call) => replyRerank(call, 3));
    expect((await port.rerank(REQUEST, unending())).map(({ index }) => index)).toEqual([1, 0, 2]);
    expect(vendor.calls.map(({ body }) => body.nextToken)).toEqual([undefined, "1", "2"]);

    const generous = await open((call) =>
      replyRanking(call, { results: [{ index: 2, relevanceScore: 0.4 }], nextToken: "more" }),
    );
    expect(await generous.port.rerank({ ...REQUEST, topN: 1 }, unending())).toEqual([{ index: 2, score: 0.4 }]);
    expect(generous.vendor.calls).toHaveLength(1);
  });

  it("puts an answer in order that is not", async () => {
    const { port } = await open((call) =>
      replyRanking(call, {
        results: [
          { index: 2, relevanceScore: 0.1 },
          { index: 1, relevanceScore: 0.1 },
          { index: 0, relevanceScore: 0.9 },
        ],
      }),
    );
    expect((await port.rerank(REQUEST, unending())).map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it("calls a model that Bedrock does not know `vendor-rejected`", async () => {
    const { port } = await open(replyRerank, { model: "cohere.rerank-v0:0" });
    await expect(port.rerank(REQUEST, unending())).rejects.toMatchObject({ code: "vendor-rejected", retryable: false });
  });

  const exceptions = [
    ["ThrottlingException", 429, "rate-limited"],
    ["ServiceQuotaExceededException", 402, "rate-limited"],
    ["AccessDeniedException", 403, "vendor-auth"],
    ["ResourceNotFoundException", 404, "vendor-rejected"],
    ["ConflictException", 409, "vendor-rejected"],
    ["DependencyFailedException", 424, "vendor-unavailable"],
    ["InternalServerException", 500, "vendor-unavailable"],
    ["BadGatewayException", 502, "vendor-unavailable"],
  ] as const;
  for (const [name, status, code] of exceptions) {
    it(`calls a ${name} \`${code}\`, after one attempt`, async () => {
      const { port, vendor } = await open((call) => replyException(call, { status, name }));
      await expect(port.rerank(REQUEST, unending())).rejects.toMatchObject({ code });
      expect(vendor.calls).toHaveLength(1);
    });
  }

  it("hands on how long a throttled call is to wait", async () => {
    const { port } = await open((call) =>
      replyException(call, { status: 429, name: "ThrottlingException", headers: { "retry-after": "3" } }),
    );
    await expect(port.rerank(REQUEST, unending())).rejects.toMatchObject({ retryAfterMs: 3_000, retryable: true });
  });

  const result = (index: unknown, relevanceScore: unknown) => ({ index, relevanceScore });
  const unreadable: readonly (readonly [string, unknown])[] = [
    ["no results", {}],
    ["no result at all", { results: [] }],
    ["too few results", { results: [result(0, 1)] }],
    ["too many results", { results: [0, 1, 2, 3].map((index) => result(index, 0.5)) }],
    ["an index that was not sent", { results: [result(0, 1), result(1, 1), result(3, 1)] }],
    ["an index below zero", { results: [result(0, 1), result(1, 1), result(-1, 1)] }],
    ["an index between two texts", { results: [result(0, 1), result(1, 1), result(1.5, 1)] }],
    ["the same index twice", { results: [result(0, 1), result(1, 1), result(1, 0.5)] }],
    ["a score that is no number", { results: [result(0, 1), result(1, 1), result(2, "NaN")] }],
    ["a score without end", { results: [result(0, 1), result(1, 1), result(2, "Infinity")] }],
    ["a score above 1", { results: [result(0, 1), result(1, 1), result(2, 1.1)] }],
    ["a score below 0", { results: [result(0, 1), result(1, 1), result(2, -0.1)] }],
    ["no score", { results: [result(0, 1), result(1, 1), { index: 2 }] }],
    ["empty pages without end", { results: [], nextToken: "more" }],
    ["the same page again and again", { results: [result(0, 1)], nextToken: "more" }],
  ];
  for (const [what, reply] of unreadable) {
    it(`throws \`vendor-reply-invalid\` for a reply with ${what}`, async () => {
      const { port } = await open((call) => replyJson(call, 200, reply));
      await expect(port.rerank(REQUEST, unending())).rejects.toMatchObject({ code: "vendor-reply-invalid" });
    });
  }

  it("throws `vendor-reply-invalid` for half a JSON", async () => {
    const { port } = await open(
      (call) => void call.response.writeHead(200, { "content-type": "application/json" }).end('{"results":[{"ind'),
    );
    await expect(port.rerank(REQUEST, unending())).rejects.toMatchObject({ code: "vendor-reply-invalid" });
  });

  it("throws `vendor-unavailable` where the connection is lost", async () => {
    const { port } = await open((call) => void call.response.destroy());
    await expect(port.rerank(REQUEST, unending())).rejects.toMatchObject({ code: "vendor-unavailable" });
  });

  const phases: readonly (readonly [string, (call: LoopbackCall) => boolean])[] = [
    ["before the vendor answers", () => true],
    ["in the middle of an answer", (call) => call.response.writeHead(200).write('{"results":[{"ind')],
    [
      "on the second page",
      (call) => {
        if (call.body.nextToken !== undefined) return true;
        replyRanking(call, { results: [{ index: 0, relevanceScore: 1 }], nextToken: "1" });
        return false;
      },
    ],
  ];
  for (const [when, stalls] of phases) {
    for (const [code, reason] of [
      ["cancelled", undefined],
      ["timeout", new DOMException("The operation timed out.", "TimeoutError")],
    ] as const) {
      it(`throws \`${code}\` and drops the connection where the signal says so ${when}`, async () => {
        const stalled = Promise.withResolvers<LoopbackCall>();
        const { port } = await open((call) => {
          if (stalls(call)) stalled.resolve(call);
        });
        const controller = new AbortController();
        const outcome = port.rerank(REQUEST, controller.signal).catch((error: unknown) => error);
        const { gone } = await stalled.promise;
        controller.abort(reason);
        expect(await outcome).toMatchObject({ code });
        await gone;
      });
    }
  }

  it("uses one connection for calls that follow each other", async () => {
    const { port, vendor } = await open(replyRerank);
    for (let call = 0; call < 3; call += 1) await port.rerank(REQUEST, unending());
    expect(vendor.connections()).toBe(1);
  });
});

function unending(): AbortSignal {
  return new AbortController().signal;
}
