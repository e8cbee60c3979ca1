import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest, LearnedEmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import { abortable } from "./abortable.ts";
import type { Space } from "./engine/protocol.ts";
import type { EngineProcess } from "./engine-process.ts";

/** Models of learned spaces that are kept open: the one that is searched, and the one before or after it. */
const MAX_OPEN = 2;
type Purpose = EmbeddingRequest["purpose"];

/** Embeds into the corpus's spaces: with the configured embedder, or with the models that a learned one has left in the record. */
export class Spaces {
  readonly embedder: EmbeddingPort | LearnedEmbeddingPort;
  private readonly engine: EngineProcess;
  private readonly open = new Map<number, Promise<EmbeddingPort>>();
  private readonly closing = new AbortController();
  /** The space that was searched last. */
  private searched: Space | undefined;

  constructor(embedder: EmbeddingPort | LearnedEmbeddingPort, engine: EngineProcess) {
    this.embedder = embedder;
    this.engine = engine;
  }

  /** The query's vector in the space that the engine named last; undefined where it has named none yet. */
  async embedQuery(query: string, signal: AbortSignal): Promise<{ space?: number; vector: Float32Array } | undefined> {
    if (this.embedder.kind === "fixed") {
      const [vector] = await embedAll(this.embedder, [query], "query", signal);
      return vector === undefined ? undefined : { vector };
    }
    const { searched } = this;
    if (searched === undefined) return undefined;
    const [vector] = await embedAll(await this.embedderOf(searched, signal), [query], "query", signal);
    return vector === undefined ? undefined : { space: searched.number, vector };
  }

  /** Takes the space that queries are to be embedded into from now on, and opens its model before the first one comes. */
  search(space: Space | undefined): void {
    if (space === undefined || space.number === this.searched?.number) return;
    this.searched = space;
    // What fails here fails again, and is told, where a query needs it.
    if (this.embedder.kind === "learned") this.embedderOf(space, this.closing.signal).catch(() => undefined);
  }

  /** Vectors of passages, in the texts' order; of a fixed embedder's first space where none is named. */
  async embedDocuments(
    space: Space | undefined,
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Float32Array[]> {
    if (texts.length === 0) return [];
    if (this.embedder.kind === "fixed") return embedAll(this.embedder, texts, "document", signal);
    if (space === undefined) throw new Error("A learned embedder embeds into a space.");
    return embedAll(await this.embedderOf(space, signal), texts, "document", signal);
  }

  /** Takes an embedder that is open already for the model of this space. */
  adopt(space: number, embedder: EmbeddingPort): void {
    this.keep(space, Promise.resolve(embedder));
  }

  async close(): Promise<void> {
    this.closing.abort(new ServiceError("shutting-down", "The search engine is closed."));
    await Promise.all([...this.open.keys()].map((space) => this.forget(space)));
  }

  /** One model is opened once for all who wait for it. */
  private embedderOf(space: Space, signal: AbortSignal): Promise<EmbeddingPort> {
    const opened = this.open.get(space.number) ?? this.openModel(space.number);
    this.keep(space.number, opened);
    opened.catch(() => this.open.get(space.number) === opened && this.open.delete(space.number));
    return abortable(opened, signal);
  }

  private keep(space: number, opened: Promise<EmbeddingPort>): void {
    this.open.delete(space);
    this.open.set(space, opened);
    const [oldest] = this.open.keys();
    if (this.open.size > MAX_OPEN && oldest !== undefined) void this.forget(oldest);
  }

  private async openModel(space: number): Promise<EmbeddingPort> {
    if (this.embedder.kind === "fixed") return this.embedder;
    const { signal } = this.closing;
    const parts: Uint8Array[] = [];
    for (let part = 0; ; part++) {
      const bytes = await this.engine.call("readModel", { space, part }, signal);
      if (bytes === undefined) break;
      parts.push(bytes);
    }
    return this.embedder.open(new Uint8Array(Buffer.concat(parts)), signal);
  }

  private async forget(space: number): Promise<void> {
    const opened = this.open.get(space);
    this.open.delete(space);
    const embedder = await opened?.catch(() => undefined);
    await embedder?.close?.();
  }
}

/** Embeds in batches that the embedder takes. @throws ServiceError vendor-reply-invalid where it returns anything but its dimensions in finite numbers */
export async function embedAll(
  embedder: EmbeddingPort,
  texts: readonly string[],
  purpose: Purpose,
  signal: AbortSignal,
): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += embedder.maxBatch) {
    throwIfAborted(signal);
    const batch = texts.slice(start, start + embedder.maxBatch);
    const embedded = await embedder.embed({ texts: batch, purpose }, signal);
    if (embedded.length !== batch.length || !embedded.every((vector) => fits(vector, embedder.dimensions))) {
      throw new ServiceError(
        "vendor-reply-invalid",
        `The embedder ${embedder.name} must give ${batch.length} vectors of ${embedder.dimensions} finite numbers.`,
      );
    }
    vectors.push(...embedded);
  }
  return vectors;
}

function fits(vector: Float32Array, dimensions: number): boolean {
  return vector.length === dimensions && vector.every(Number.isFinite);
}
