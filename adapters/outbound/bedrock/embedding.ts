import { type BedrockRuntimeClient, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { ConcurrencyLimit } from "../../../domain/concurrency-limit.ts";
import { refuseBadBatch } from "../../../domain/embedding-batch.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest } from "../../../domain/ports/embedding-port.ts";
import { createClient } from "./client.ts";
import { EMBEDDING_FAMILIES, type EmbeddingFamily } from "./embedding-families.ts";
import { invalidReply } from "./errors.ts";
import { type BedrockEmbeddingOptions, familyOf } from "./options.ts";
import { send } from "./send.ts";

/** An embedding model behind Bedrock's InvokeModel: Titan v2, Cohere v3 or v4; each call is one attempt, with no clock but its signal. */
export function createEmbedding(options: BedrockEmbeddingOptions): EmbeddingPort {
  const family = familyOf(options);
  if (family === undefined) throw new TypeError("The options were not checked against their schema.");
  return new BedrockEmbedding(createClient(options), EMBEDDING_FAMILIES[family], options);
}

export class BedrockEmbedding implements EmbeddingPort {
  readonly kind = "fixed";
  readonly name: string;
  readonly dimensions: number;
  readonly maxBatch: number;
  private readonly client: BedrockRuntimeClient;
  private readonly family: EmbeddingFamily;
  private readonly model: string;
  private readonly calls: ConcurrencyLimit;

  constructor(client: BedrockRuntimeClient, family: EmbeddingFamily, options: BedrockEmbeddingOptions) {
    const { model, dimensions, max_concurrency: maxConcurrency } = options;
    this.name = `bedrock/${model}/${dimensions}`;
    this.dimensions = dimensions;
    this.maxBatch = family.maxBatch;
    this.client = client;
    this.family = family;
    this.model = model;
    this.calls = new ConcurrencyLimit(maxConcurrency);
  }

  async embed({ texts, purpose }: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    throwIfAborted(signal);
    refuseBadBatch(texts, this.maxBatch, (text) => problemOf(text, this.family.maxCharacters));
    const parts = chunksOf(texts, this.family.textsPerCall);
    const call = (part: readonly string[], callSignal: AbortSignal) =>
      this.embedPart({ texts: part, purpose }, callSignal);
    return (await this.calls.runAll(parts, call, purpose === "query", signal)).flat();
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  private async embedPart(request: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    const command = new InvokeModelCommand({
      modelId: this.model,
      contentType: "application/json",
      accept: "application/json",
      body: JSON.stringify(this.family.body(request, this.dimensions)),
    });
    const { body } = await send((abortSignal) => this.client.send(command, { abortSignal }), signal);
    const parsed = this.family.reply.safeParse(parseJson(body));
    if (!parsed.success) throw invalidReply("holds no embeddings", parsed.error);
    if (parsed.data.length !== request.texts.length) {
      throw invalidReply(`holds ${parsed.data.length} embeddings for ${request.texts.length} texts`);
    }
    return parsed.data.map((vector) => this.vectorOf(vector));
  }

  private vectorOf(numbers: readonly number[]): Float32Array {
    if (numbers.length === this.dimensions) return toUnitLength(Float32Array.from(numbers));
    throw new ServiceError(
      "vendor-reply-invalid",
      `The model gives ${numbers.length} dimensions where the setting \`dimensions\` says ${this.dimensions}.`,
    );
  }
}

function problemOf({ length }: string, maxCharacters: number): string | undefined {
  return length > maxCharacters ? `has ${length} characters, and the model takes ${maxCharacters}` : undefined;
}

function chunksOf(texts: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, index) =>
    texts.slice(index * size, (index + 1) * size),
  );
}

/** @throws ServiceError vendor-reply-invalid */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw invalidReply("is no JSON", error);
  }
}

/** The vector at length 1, zeros as they are. @throws ServiceError vendor-reply-invalid where a number is not finite */
function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!Number.isFinite(length)) throw invalidReply("holds a number that is not finite");
  return length === 0 ? vector : vector.map((value) => value / length);
}
