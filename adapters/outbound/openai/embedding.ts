import { Buffer } from "node:buffer";
import type { EmbeddingCreateParams } from "openai/resources/embeddings";
import { z } from "zod";
import { ConcurrencyLimit } from "../../../domain/concurrency-limit.ts";
import { refuseBadBatch } from "../../../domain/embedding-batch.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest } from "../../../domain/ports/embedding-port.ts";
import type { TokenizerPort } from "../../../domain/ports/tokenizer-port.ts";
import { ApiClient } from "./api-client.ts";
import { invalidReply } from "./errors.ts";
import type { OpenAIEmbeddingOptions } from "./options.ts";

/** A request takes 300,000 tokens over all its texts (the API's reference); a token is one byte of UTF-8 or more. */
const MAX_REQUEST_BYTES = 300_000;

/** Tokens that OpenAI's own models take in one text (https://developers.openai.com/api/reference/resources/embeddings). */
const MAX_TEXT_TOKENS = 8_192;
const OWN_MODELS = /^text-embedding-/u;

const replySchema = z.object({
  data: z.array(z.object({ index: z.int().nonnegative(), embedding: z.union([z.string(), z.array(z.number())]) })),
});

/** An embedding model behind the OpenAI API; `purpose` makes no difference to it. */
export function createEmbedding(
  options: OpenAIEmbeddingOptions,
  { tokenizer }: { readonly tokenizer: TokenizerPort },
): EmbeddingPort {
  return new OpenAIEmbedding(new ApiClient(options), tokenizer, options);
}

export class OpenAIEmbedding implements EmbeddingPort {
  readonly kind = "fixed";
  readonly name: string;
  readonly dimensions: number;
  /** The API's own limit (https://developers.openai.com/api/reference/resources/embeddings). */
  readonly maxBatch = 2048;
  private readonly client: ApiClient;
  private readonly tokenizer: TokenizerPort;
  private readonly model: string;
  private readonly calls: ConcurrencyLimit;

  constructor(client: ApiClient, tokenizer: TokenizerPort, options: OpenAIEmbeddingOptions) {
    const { model, dimensions, max_concurrency: maxConcurrency } = options;
    this.name = `openai/${model}/${dimensions}`;
    this.dimensions = dimensions;
    this.client = client;
    this.tokenizer = tokenizer;
    this.model = model;
    this.calls = new ConcurrencyLimit(maxConcurrency);
  }

  async embed({ texts, purpose }: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    throwIfAborted(signal);
    refuseBadBatch(texts, this.maxBatch, (text) => this.problemOf(text));
    const parts = splitByBytes(texts, MAX_REQUEST_BYTES);
    const call = (part: readonly string[], callSignal: AbortSignal) => this.embedPart(part, callSignal);
    return (await this.calls.runAll(parts, call, purpose === "query", signal)).flat();
  }

  close(): Promise<void> {
    return this.client.close();
  }

  /** Counted with the encoding of newer models, which is near enough to name a text that the API would refuse without saying which. */
  private problemOf(text: string): string | undefined {
    if (!OWN_MODELS.test(this.model) || Buffer.byteLength(text) <= MAX_TEXT_TOKENS) return undefined;
    const tokens = this.tokenizer.count(text);
    return tokens > MAX_TEXT_TOKENS ? `has ${tokens} tokens, and the model takes ${MAX_TEXT_TOKENS}` : undefined;
  }

  private async embedPart(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    const shortened = this.model.startsWith("text-embedding-3-") ? { dimensions: this.dimensions } : {};
    const input = [...texts];
    const body: EmbeddingCreateParams = { model: this.model, input, encoding_format: "base64", ...shortened };
    const reply = await this.client.post("/embeddings", body, signal);
    const parsed = replySchema.safeParse(reply);
    if (!parsed.success) throw invalidReply("holds no embeddings", parsed.error);
    const byIndex = new Map(parsed.data.data.map(({ index, embedding }) => [index, embedding]));
    if (byIndex.size !== texts.length) throw invalidReply(`holds ${byIndex.size} embeddings for ${texts.length} texts`);
    return texts.map((_, index) => this.vectorOf(byIndex.get(index)));
  }

  private vectorOf(embedding: string | readonly number[] | undefined): Float32Array {
    const vector = typeof embedding === "string" ? decodeBase64(embedding) : Float32Array.from(embedding ?? []);
    if (vector.length !== this.dimensions) {
      throw new ServiceError(
        "vendor-reply-invalid",
        `The model gives ${vector.length} dimensions where the setting \`dimensions\` says ${this.dimensions}.`,
      );
    }
    return toUnitLength(vector);
  }
}

/** The texts in their order, cut into runs of at most maxBytes of UTF-8; a longer text is a run of its own. */
function splitByBytes(texts: readonly string[], maxBytes: number): readonly (readonly string[])[] {
  const runs: string[][] = [];
  let left = 0;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text);
    const run = runs.at(-1);
    if (run === undefined || bytes > left) {
      runs.push([text]);
      left = maxBytes - bytes;
    } else {
      run.push(text);
      left -= bytes;
    }
  }
  return runs;
}

/** 32-bit floats, little-endian, as the API packs them. */
function decodeBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, index) =>
    view.getFloat32(index * 4, true),
  );
}

/** The vector at length 1, zeros as they are. @throws ServiceError vendor-reply-invalid where a number is not finite */
function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!Number.isFinite(length)) throw invalidReply("holds a number that is not finite");
  return length === 0 ? vector : vector.map((value) => value / length);
}
