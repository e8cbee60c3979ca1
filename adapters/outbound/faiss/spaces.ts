import { abortable } from "../../../domain/abortable.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { EmbeddingPort, EmbeddingRequest, LearnedEmbeddingPort } from "../../../domain/ports/embedding-port.ts";
import type { Space } from "./engine/protocol.ts";
import type { EngineProcess } from "./engine-process.ts";

/** Models of learned spaces that are kept open: the one that is searched, and the one before or after it. */
const MAX_OPEN = 2;

interface OpenModel {
  readonly opened: Promise<EmbeddingPort>;
  /** Calls that wait for it or embed with it. */
  uses: number;
  /** Whether it is to be closed once nobody uses it. */
  forgotten: boolean;
}

type Purpose = EmbeddingRequest["purpose"];

/** Embeds into the corpus's spaces: with the configured embedder, or with the models that a learned one has left in the record. */
export class Spaces {
  readonly embedder: EmbeddingPort | LearnedEmbeddingPort;
  private readonly engine: EngineProcess;
  private readonly open = new Map<string, OpenModel>();
  private readonly closing = new AbortController();
  /** The space that was searched last. */
  private searched: Space | undefined;

  constructor(embedder: EmbeddingPort | LearnedEmbeddingPort, engine: EngineProcess) {
    this.embedder = embedder;
    this.engine = engine;
  }

  /**
   * The query's vector in the given space, by default the one that the engine named last; undefined where it has named none
   * yet. @throws SpaceGone where the space is not there any more; the embedder's errors
   */
  async embedQuery(
    query: string,
    signal: AbortSignal,
    space = this.searched,
  ): Promise<{ space?: string; vector: Float32Array } | undefined> {
    if (this.embedder.kind === "fixed") {
      const [vector] = await embedAll(this.embedder, [query], "query", signal);
      return vector === undefined ? undefined : { vector };
    }
    if (space === undefined) return undefined;
    const [vector] = await this.embedInto(space.id, [query], "query", signal);
    return vector === undefined ? undefined : { space: space.id, vector };
  }

  /** Takes the space that queries are to be embedded into from now on, and opens its model before the first one comes. */
  search(space: Space | undefined): void {
    if (space === undefined || space.id === this.searched?.id) return;
    this.searched = space;
    // What fails here fails again, and is told, where a query needs it.
    if (this.embedder.kind === "learned") this.entryOf(space.id).opened.catch(() => undefined);
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
    return this.embedInto(space.id, texts, "document", signal);
  }

  /** Takes an embedder that is open already for the model of this space. */
  adopt(space: string, embedder: EmbeddingPort): void {
    this.keep(space, { opened: Promise.resolve(embedder), uses: 0, forgotten: false });
  }

  async close(): Promise<void> {
    this.closing.abort(new ServiceError("shutting-down", "The search engine is closed."));
    await Promise.all([...this.open.values()].map(closeModel));
    this.open.clear();
  }

  /** Embeds with the space's model, which stays open until this ends. */
  private async embedInto(
    space: string,
    texts: readonly string[],
    purpose: Purpose,
    signal: AbortSignal,
  ): Promise<readonly Float32Array[]> {
    const entry = this.entryOf(space);
    entry.uses += 1;
    try {
      return await embedAll(await abortable(entry.opened, signal), texts, purpose, signal);
    } finally {
      entry.uses -= 1;
      if (entry.forgotten && entry.uses === 0) void closeModel(entry);
    }
  }

  /** One model is opened once for all who wait for it. */
  private entryOf(space: string): OpenModel {
    const entry = this.open.get(space) ?? { opened: this.openModel(space), uses: 0, forgotten: false };
    this.keep(space, entry);
    entry.opened.catch(() => this.open.get(space) === entry && this.open.delete(space));
    return entry;
  }

  private keep(space: string, entry: OpenModel): void {
    this.open.delete(space);
    this.open.set(space, entry);
    const [oldest] = this.open;
    if (this.open.size <= MAX_OPEN || oldest === undefined) return;
    const [oldestSpace, forgotten] = oldest;
    this.open.delete(oldestSpace);
    forgotten.forgotten = true;
    if (forgotten.uses === 0) void closeModel(forgotten);
  }

  private async openModel(space: string): Promise<EmbeddingPort> {
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
}

async function closeModel({ opened }: OpenModel): Promise<void> {
  const embedder = await opened.catch(() => undefined);
  await embedder?.close?.();
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
  // `every` took ten times as long, more than all else that is done with a vector here.
  for (let index = 0; index < vector.length; index++) if (!Number.isFinite(vector[index])) return false;
  return vector.length === dimensions;
}
