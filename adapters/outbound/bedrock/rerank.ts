import {
  BedrockAgentRuntimeClient,
  RerankCommand,
  type RerankCommandInput,
} from "@aws-sdk/client-bedrock-agent-runtime";
import { z } from "zod";
import { type Problem, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { RankedText, RerankPort, RerankRequest } from "../../../domain/ports/rerank-port.ts";
import { clientSettings } from "./client-settings.ts";
import { invalidReply } from "./errors.ts";
import type { BedrockRerankOptions } from "./options.ts";
import { send } from "./send.ts";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html */
const MAX_SOURCES = 1_000;
/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_RerankTextDocument.html */
const MAX_CHARACTERS = 32_000;

/** A Cohere or Amazon model behind Bedrock's Rerank; each call is one attempt a page, with no clock but its signal. */
export function createReranker(options: BedrockRerankOptions): RerankPort {
  return new BedrockReranker(new BedrockAgentRuntimeClient(clientSettings(options)), modelArn(options));
}

export class BedrockReranker implements RerankPort {
  readonly maxBatch = MAX_SOURCES;
  readonly maxCharacters = MAX_CHARACTERS;
  private readonly client: BedrockAgentRuntimeClient;
  private readonly modelArn: string;

  constructor(client: BedrockAgentRuntimeClient, modelArn: string) {
    this.client = client;
    this.modelArn = modelArn;
  }

  async rerank(request: RerankRequest, signal: AbortSignal): Promise<readonly RankedText[]> {
    refuseBadRequest(request, this);
    throwIfAborted(signal);
    const wanted = request.topN ?? request.texts.length;
    const input = inputOf(request, wanted, this.modelArn);
    const ranked: RankedText[] = [];
    let nextToken: string | undefined;
    do {
      const command = new RerankCommand(nextToken === undefined ? input : { ...input, nextToken });
      const reply = readReply(await send((abortSignal) => this.client.send(command, { abortSignal }), signal));
      ranked.push(...reply.ranked);
      nextToken = reply.ranked.length === 0 ? undefined : reply.nextToken;
    } while (nextToken !== undefined && ranked.length < wanted);
    refuseBadRanking(ranked, wanted, request.texts.length);
    return ranked.toSorted((one, other) => other.score - one.score || one.index - other.index);
  }

  async close(): Promise<void> {
    this.client.destroy();
  }
}

/** A model's ARN is its region's; a model given as an ARN is taken as it is. */
function modelArn({ model, region }: Pick<BedrockRerankOptions, "model" | "region">): string {
  if (model.startsWith("arn:")) return model;
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return `arn:${partition}:bedrock:${region}::foundation-model/${model}`;
}

function inputOf({ query, texts }: RerankRequest, numberOfResults: number, modelArn: string): RerankCommandInput {
  return {
    queries: [{ type: "TEXT", textQuery: { text: query } }],
    sources: texts.map((text) => ({
      type: "INLINE",
      inlineDocumentSource: { type: "TEXT", textDocument: { text } },
    })),
    rerankingConfiguration: {
      type: "BEDROCK_RERANKING_MODEL",
      bedrockRerankingConfiguration: { numberOfResults, modelConfiguration: { modelArn } },
    },
  };
}

const replySchema = z.object({
  results: z.array(z.object({ index: z.int().min(0), relevanceScore: z.number().min(0).max(1) })),
  nextToken: z.string().min(1).nullish(),
});

/** @throws ServiceError vendor-reply-invalid */
function readReply(reply: unknown): { readonly ranked: readonly RankedText[]; readonly nextToken: string | undefined } {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) throw invalidReply("holds no ranking, or scores outside of 0 to 1", parsed.error);
  const { results, nextToken } = parsed.data;
  return {
    ranked: results.map(({ index, relevanceScore: score }) => ({ index, score })),
    nextToken: nextToken ?? undefined,
  };
}

/** @throws ServiceError vendor-reply-invalid */
function refuseBadRanking(ranked: readonly RankedText[], wanted: number, texts: number): void {
  if (ranked.length !== wanted) throw invalidReply(`ranks ${ranked.length} texts where ${wanted} were asked for`);
  if (ranked.some(({ index }) => index >= texts)) throw invalidReply("ranks a text that was not sent");
  if (new Set(ranked.map(({ index }) => index)).size < ranked.length) throw invalidReply("ranks a text twice");
}

/** @throws ServiceError invalid-request with every problem */
function refuseBadRequest({ query, texts, topN }: RerankRequest, { maxBatch, maxCharacters }: RerankPort): void {
  const problems: Problem[] = [];
  const length = `must have 1 to ${maxCharacters} characters`;
  const isBad = (text: string) => text === "" || text.length > maxCharacters;
  if (isBad(query)) problems.push({ field: "query", message: length });
  if (texts.length < 1 || texts.length > maxBatch) {
    problems.push({ field: "texts", message: `must hold 1 to ${maxBatch} texts, not ${texts.length}` });
  }
  for (const [index, text] of texts.entries()) {
    if (isBad(text)) problems.push({ field: `texts[${index}]`, message: length });
  }
  if (topN !== undefined && !(Number.isInteger(topN) && topN >= 1 && topN <= texts.length)) {
    problems.push({ field: "topN", message: `must be a whole number from 1 to ${texts.length}, the number of texts` });
  }
  if (problems.length > 0) throw new ServiceError("invalid-request", "These texts cannot be ranked.", { problems });
}
