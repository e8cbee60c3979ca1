import { abortError, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest, LearnedEmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import { ANALYZER_VERSION } from "../../../domain/text/analyzer.ts";
import type { LsaOptions } from "./options.ts";
import { WorkerThread } from "./worker-thread.ts";

const MAX_SAMPLE = 8_192;
const MAX_BATCH = 256;

/** Latent semantic analysis, learned from the corpus in a thread of its own: no key, no download. */
export class LsaEmbedding implements LearnedEmbeddingPort {
  readonly kind = "learned";
  readonly name: string;
  readonly maxSample = MAX_SAMPLE;
  private readonly dimensions: number;
  private readonly fits = new Set<WorkerThread>();
  private thread: WorkerThread | undefined;
  private nextSpace = 0;

  constructor({ dimensions }: LsaOptions) {
    this.dimensions = dimensions;
    this.name = `lsa-${dimensions}-analyzer-${ANALYZER_VERSION}`;
  }

  /** A fit has a thread to itself, which ends with it: cancelling it frees the processor at once. */
  async fit(sample: readonly string[], signal: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    checkTexts(sample, MAX_SAMPLE);
    const thread = new WorkerThread();
    this.fits.add(thread);
    try {
      return (await thread.ask({ kind: "fit", texts: sample, dimensions: this.dimensions }, signal)) as Uint8Array;
    } finally {
      this.fits.delete(thread);
      await thread.terminate();
    }
  }

  async open(model: Uint8Array, signal: AbortSignal): Promise<EmbeddingPort> {
    this.nextSpace += 1;
    return LsaSpace.open(this.name, this.nextSpace, model, () => this.liveThread(), signal);
  }

  async close(): Promise<void> {
    const threads = this.thread === undefined ? [...this.fits] : [...this.fits, this.thread];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  private liveThread(): WorkerThread {
    if (this.thread === undefined || this.thread.isGone) this.thread = new WorkerThread();
    return this.thread;
  }
}

/** One learned space; after a crash of the thread its model is opened again with the next call. */
class LsaSpace implements EmbeddingPort {
  readonly kind = "fixed";
  readonly name: string;
  readonly dimensions: number;
  readonly maxBatch = MAX_BATCH;
  private readonly space: number;
  private readonly model: Uint8Array;
  private readonly liveThread: () => WorkerThread;
  private openedIn: WorkerThread;

  private constructor(
    name: string,
    space: number,
    model: Uint8Array,
    dimensions: number,
    liveThread: () => WorkerThread,
    openedIn: WorkerThread,
  ) {
    this.name = name;
    this.space = space;
    this.model = model;
    this.dimensions = dimensions;
    this.liveThread = liveThread;
    this.openedIn = openedIn;
  }

  static async open(
    name: string,
    space: number,
    model: Uint8Array,
    liveThread: () => WorkerThread,
    signal: AbortSignal,
  ): Promise<LsaSpace> {
    const thread = liveThread();
    const dimensions = (await thread.ask({ kind: "open", space, model }, signal)) as number;
    return new LsaSpace(name, space, model, dimensions, liveThread, thread);
  }

  async embed({ texts }: EmbeddingRequest, signal: AbortSignal): Promise<readonly Float32Array[]> {
    throwIfAborted(signal);
    checkTexts(texts, MAX_BATCH);
    const thread = await this.opened(signal);
    const vectors = (await thread.ask({ kind: "embed", space: this.space, texts }, signal)) as Float32Array;
    if (signal.aborted) throw abortError(signal);
    return texts.map((_, index) => vectors.subarray(index * this.dimensions, (index + 1) * this.dimensions));
  }

  async close(): Promise<void> {
    if (!this.openedIn.isGone)
      await this.openedIn.ask({ kind: "release", space: this.space }, new AbortController().signal);
  }

  private async opened(signal: AbortSignal): Promise<WorkerThread> {
    const thread = this.liveThread();
    if (thread !== this.openedIn) {
      await thread.ask({ kind: "open", space: this.space, model: this.model }, signal);
      this.openedIn = thread;
    }
    return thread;
  }
}

function checkTexts(texts: readonly string[], max: number): void {
  if (texts.length === 0 || texts.length > max) {
    throw new ServiceError("invalid-request", `The embedder takes 1 to ${max} texts at once, and got ${texts.length}.`);
  }
  if (texts.includes("")) throw new ServiceError("invalid-request", "The embedder takes no empty text.");
}

export function createEmbedding(options: LsaOptions): LearnedEmbeddingPort {
  return new LsaEmbedding(options);
}
