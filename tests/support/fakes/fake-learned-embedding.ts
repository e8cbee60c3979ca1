import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { EmbeddingPort, LearnedEmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import { FakeEmbedding, wordVector } from "./fake-embedding.ts";

const DIMENSIONS = 1_024;

/** Learns which words there are: a text's vector tells of those only, and is zeros where it has none of them. */
export class FakeLearnedEmbedding implements LearnedEmbeddingPort {
  readonly kind = "learned";
  readonly name: string;
  readonly maxSample: number;
  /** Samples that were learned from, in order. */
  readonly samples: (readonly string[])[] = [];
  /** Texts of passages that were embedded so far. */
  embeddedTexts = 0;
  private readonly failures: Error[] = [];

  constructor({
    name = "fake/learned",
    maxSample = 1_000,
  }: { readonly name?: string; readonly maxSample?: number } = {}) {
    this.name = name;
    this.maxSample = maxSample;
  }

  /** Makes the next `fit` fail. */
  failNext(error: Error): void {
    this.failures.push(error);
  }

  async fit(sample: readonly string[], signal: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    if (sample.length === 0 || sample.length > this.maxSample) {
      throw new ServiceError("invalid-request", `A sample has 1 to ${this.maxSample} texts.`);
    }
    this.samples.push(sample);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    return new TextEncoder().encode(JSON.stringify([...new Set(sample.flatMap(wordsOf))].toSorted()));
  }

  async open(model: Uint8Array, signal: AbortSignal): Promise<EmbeddingPort> {
    throwIfAborted(signal);
    const known = new Set<string>(JSON.parse(new TextDecoder().decode(model)));
    const words = new FakeEmbedding({ dimensions: DIMENSIONS });
    return {
      kind: "fixed",
      name: `${this.name}/model`,
      dimensions: DIMENSIONS,
      maxBatch: words.maxBatch,
      embed: async ({ texts, purpose }, embedSignal) => {
        await words.embed({ texts, purpose }, embedSignal);
        if (purpose === "document") this.embeddedTexts += texts.length;
        return texts.map((text) =>
          wordVector(
            wordsOf(text)
              .filter((word) => known.has(word))
              .join(" "),
            DIMENSIONS,
          ),
        );
      },
    };
  }
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
