import type { Worker } from "node:worker_threads";
import type { PassageText } from "./analysis.ts";
import { startThread } from "./engine-thread.ts";

/** The terms of some passages, one after the other. */
export interface AnalysedTexts {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of each passage, in their order. */
  readonly lengths: readonly number[];
}

/** Room for young garbage: a put's terms are small, and there are many. */
const YOUNG_GENERATION_MB = 8;

/** Analyses passages in a thread of its own, which begins when they are expected or come: searches go on meanwhile. */
export class AnalysisThread {
  private worker: Worker | undefined;
  /** In the order of the answers; as many as there are puts under way. */
  private readonly waiting: PromiseWithResolvers<readonly Uint8Array[]>[] = [];

  /** The passages' terms as the record keeps them, in their order. @throws Error where the thread dies; the next call starts another */
  analyse(passages: readonly PassageText[]): Promise<readonly Uint8Array[]> {
    if (passages.length === 0) return Promise.resolve([]);
    const reply = Promise.withResolvers<readonly Uint8Array[]>();
    this.waiting.push(reply);
    this.worker ??= this.start();
    this.worker.postMessage(passages);
    return reply.promise;
  }

  /** Starts the thread, where there is none, for passages that are about to come. */
  prepare(): void {
    this.worker ??= this.start();
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.lose(new Error("The engine closes."));
    await worker?.terminate();
  }

  private start(): Worker {
    const worker = startThread(new URL("./analysis-worker.ts", import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.on("message", (analysed: AnalysedTexts) => this.waiting.shift()?.resolve(split(analysed)));
    worker.on("error", (error) => this.worker === worker && this.lose(error));
    worker.on("exit", () => this.worker === worker && this.lose(new Error("The thread that analyses has ended.")));
    return worker;
  }

  private lose(error: unknown): void {
    this.worker = undefined;
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}

function split({ bytes, lengths }: AnalysedTexts): readonly Uint8Array[] {
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return bytes.subarray(end - length, end);
  });
}
