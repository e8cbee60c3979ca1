import { refuseBadBatch } from "../../../domain/embedding-batch.ts";
import { abortError, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest, LearnedEmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import { ANALYZER_VERSION } from "../../../domain/text/analyzer.ts";
import { fitInWorker } from "./fit-in-worker.ts";
import { OpenedModel } from "./opened-model.ts";
import type { LsaOptions } from "./options.ts";
import { type StartWorker, startWorker } from "./start-worker.ts";

/** Terms that a model knows at most; 41,000 is what 5,000 abstracts hold. */
const MAX_TERMS = 65_536;

/** Latent semantic analysis: learns from the corpus itself, needs no model of anybody else's. */
export function createEmbedding(options: LsaOptions): LearnedEmbeddingPort {
  return new LsaEmbedding(options);
}

export class LsaEmbedding implements LearnedEmbeddingPort {
  readonly kind = "learned";
  readonly name: string;
  /** What one core learns from in seconds. */
  readonly maxSample = 8_192;
  private readonly dimensions: number;
  private readonly start: StartWorker;
  private readonly closing = new AbortController();
  private readonly opened = new Set<LsaSpace>();

  constructor({ dimensions }: LsaOptions, start: StartWorker = startWorker) {
    this.name = `lsa-${dimensions}-analyzer-${ANALYZER_VERSION}`;
    this.dimensions = dimensions;
    this.start = start;
  }

  async fit(sample: readonly string[], signal: AbortSignal): Promise<Uint8Array> {
    if (sample.length < 1 || sample.length > this.maxSample) {
      const message = `must hold 1 to ${this.maxSample} texts, not ${sample.length}`;
      const problems = [{ field: "sample", message }];
      throw new ServiceError("invalid-request", "This sample cannot be learned from.", { problems });
    }
    const ending = AbortSignal.any([signal, this.closing.signal]);
    return await fitInWorker(sample, { dimensions: this.dimensions, maxTerms: MAX_TERMS }, this.start, ending);
  }

  async open(model: Uint8Array, signal: AbortSignal): Promise<EmbeddingPort> {
    throwIfAborted(signal);
    throwIfAborted(this.closing.signal);
    const opened = new OpenedModel(model, this.start);
    const abort = () => void opened.close();
    signal.addEventListener("abort", abort, { once: true });
    try {
      const space = new LsaSpace(this.name, await opened.dimensions, opened, () => this.opened.delete(space));
      throwIfAborted(signal);
      this.opened.add(space);
      return space;
    } catch (error) {
      await opened.close();
      throw signal.aborted ? abortError(signal) : error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async close(): Promise<void> {
    this.closing.abort(new ServiceError("shutting-down", "The LSA embedder is closed."));
    await Promise.all([...this.opened].map((space) => space.close()));
  }
}

/** The space of one fitted model. */
class LsaSpace implements EmbeddingPort {
  readonly kind = "fixed";
  readonly name: string;
  readonly dimensions: number;
  /** Some 20 ms of work, so that a query never waits long behind documents. */
  readonly maxBatch = 64;
  private readonly model: OpenedModel;
  private readonly onClose: () => void;

  constructor(name: string, dimensions: number, model: OpenedModel, onClose: () => void) {
    this.name = name;
    this.dimensions = dimensions;
    this.model = model;
    this.onClose = onClose;
  }

  async embed({ texts, purpose }: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    refuseBadBatch(texts, this.maxBatch);
    const packed = await this.model.embed(texts, purpose === "query", signal);
    return texts.map((_, index) => packed.subarray(index * this.dimensions, (index + 1) * this.dimensions));
  }

  async close(): Promise<void> {
    this.onClose();
    await this.model.close();
  }
}
