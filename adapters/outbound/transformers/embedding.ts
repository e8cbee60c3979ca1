import { createHash } from "node:crypto";
import { join } from "node:path";
import { ConcurrencyLimit } from "../../../domain/concurrency-limit.ts";
import { refuseBadBatch } from "../../../domain/embedding-batch.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Log } from "../../../domain/log.ts";
import type { EmbeddingPort, EmbeddingRequest } from "../../../domain/ports/embedding-port.ts";
import { folderOf, identityOf } from "./model-files.ts";
import { ModelProcess, type StartModel, startModel } from "./model-process.ts";
import type { TransformersOptions } from "./options.ts";

/** Texts that the model is given at once: a query waits for no more than these. */
const TEXTS_AT_ONCE = 8;

export interface TransformersContext {
  /** Folder of its own for whatever it downloads. */
  readonly directory: string;
  /** Folder of the config file. */
  readonly configDirectory: string;
  readonly log: Log;
}

/** A model of Hugging Face's that runs on this machine, in a process of its own. */
export function createEmbedding(options: TransformersOptions, context: TransformersContext): EmbeddingPort {
  return new TransformersEmbedding(options, context);
}

export class TransformersEmbedding implements EmbeddingPort {
  readonly kind = "fixed";
  readonly name: string;
  readonly dimensions: number;
  readonly maxBatch = 64;
  private readonly prefixes: Readonly<Record<EmbeddingRequest["purpose"], string>>;
  private readonly model: ModelProcess;
  /** The model embeds one batch at a time. */
  private readonly calls = new ConcurrencyLimit(1);

  constructor(options: TransformersOptions, context: TransformersContext, start: StartModel = startModel) {
    const { directory, configDirectory, log } = context;
    this.name = nameOf(options, configDirectory);
    this.dimensions = options.dimensions;
    this.prefixes = { query: options.query_prefix, document: options.document_prefix };
    const model = folderOf(options, configDirectory) ?? options.model;
    const { dtype, pooling, max_tokens, allow_download, hub_url } = options;
    const cacheDirectory = join(directory, "models");
    const settings = { model, dtype, pooling, max_tokens, allow_download, hub_url, cacheDirectory };
    this.model = new ModelProcess(settings, log, start);
  }

  /** Id of the model's process; undefined before the first call. */
  get pid(): number | undefined {
    return this.model.pid;
  }

  async embed({ texts, purpose }: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    throwIfAborted(signal);
    refuseBadBatch(texts, this.maxBatch);
    // Texts of like length go together, since the model reads all of a batch at the length of the longest.
    const order = texts.map((_, index) => index).sort((one, other) => lengthOf(texts[one]) - lengthOf(texts[other]));
    const parts = Array.from({ length: Math.ceil(order.length / TEXTS_AT_ONCE) }, (_, index) =>
      order.slice(index * TEXTS_AT_ONCE, (index + 1) * TEXTS_AT_ONCE),
    );
    const prefix = this.prefixes[purpose];
    const call = async (part: readonly number[]) =>
      this.split(await this.model.embed(part.map((index) => prefix + (texts[index] ?? ""))), part.length);
    const embedded = (await this.calls.runAll(parts, call, purpose === "query", signal)).flat();
    const vectors: Float32Array[] = [];
    for (const [place, index] of order.entries()) vectors[index] = embedded[place] ?? new Float32Array();
    return vectors;
  }

  close(): Promise<void> {
    return this.model.close();
  }

  private split(packed: Float32Array, count: number): readonly Float32Array[] {
    const dimensions = packed.length / count;
    if (dimensions !== this.dimensions) {
      throw new ServiceError(
        "vendor-reply-invalid",
        `The model gives ${dimensions} dimensions where the setting \`dimensions\` says ${this.dimensions}.`,
      );
    }
    if (!packed.every(Number.isFinite)) {
      throw new ServiceError("vendor-reply-invalid", "The model gives a number that is not finite.");
    }
    return Array.from({ length: count }, (_, index) => packed.slice(index * dimensions, (index + 1) * dimensions));
  }
}

function lengthOf(text = ""): number {
  return text.length;
}

/** The model, and in a fingerprint all else that changes its vectors. */
function nameOf(options: TransformersOptions, configDirectory: string): string {
  const { dimensions, pooling, dtype, max_tokens, query_prefix, document_prefix } = options;
  const [label, content] = identityOf(options, configDirectory);
  const rest = JSON.stringify([content, max_tokens ?? null, query_prefix, document_prefix]);
  const fingerprint = createHash("sha256").update(rest).digest("hex").slice(0, 12);
  return `transformers/${label}/${dimensions}/${pooling}/${dtype}/${fingerprint}`;
}
