import type { RerankCommandInput, RerankCommandOutput } from "@aws-sdk/client-bedrock-agent-runtime";
import { wordShare } from "../fakes/fake-reranker.ts";
import { replyException } from "./bedrock-wire.ts";
import { type LoopbackCall, replyJson } from "./loopback.ts";

/** The rerankers that the wire knows, as Bedrock names them in the region eu-central-1. */
export const RERANK_REGION = "eu-central-1";
export const RERANK_MODELS = ["cohere.rerank-v3-5:0", "amazon.rerank-v1:0"] as const;

const ARNS = RERANK_MODELS.map((model) => `arn:aws:bedrock:${RERANK_REGION}::foundation-model/${model}`);

/** What a call of Rerank asks for: the body of the REST call is the SDK's own input. */
export function rerankInputOf({ body }: LoopbackCall): RerankCommandInput {
  return body as unknown as RerankCommandInput;
}

/**
 * Answers a Rerank as Bedrock does (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html):
 * the share of the query's words as a 32-bit float, best first, on so many pages.
 */
export function replyRerank(call: LoopbackCall, pages = 1): void {
  const { queries = [], sources = [], rerankingConfiguration, nextToken = "0" } = rerankInputOf(call);
  const { numberOfResults = sources.length, modelConfiguration } =
    rerankingConfiguration?.bedrockRerankingConfiguration ?? {};
  const isKnown = ARNS.includes(modelConfiguration?.modelArn ?? "");
  if (call.path !== "/rerank" || queries.length !== 1 || !isKnown || numberOfResults > sources.length) {
    replyException(call, { status: 400, name: "ValidationException" });
    return;
  }
  const query = queries[0]?.textQuery?.text ?? "";
  const results = sources
    .map(({ inlineDocumentSource }, index) => ({
      index,
      relevanceScore: Math.fround(wordShare(query, inlineDocumentSource?.textDocument?.text ?? "")),
    }))
    .toSorted((one, other) => other.relevanceScore - one.relevanceScore)
    .slice(0, numberOfResults);
  const end = Number(nextToken) + Math.ceil(results.length / pages);
  replyRanking(call, {
    results: results.slice(Number(nextToken), end),
    ...(end < results.length ? { nextToken: `${end}` } : {}),
  });
}

/** Sends a ranking, also one that Bedrock would not. */
export function replyRanking(call: LoopbackCall, reply: Omit<RerankCommandOutput, "$metadata">): void {
  replyJson(call, 200, reply);
}
