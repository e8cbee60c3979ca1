import { randomUUID } from "node:crypto";
import type { SourceDocument } from "../../../domain/document.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import { type Filter, isEmptyFilter } from "../../../domain/filter.ts";
import type {
  ChunkedDocument,
  CorpusDescription,
  CorpusPage,
  CorpusPort,
  PutOutcome,
  PutReport,
  ReadDocument,
  Selection,
} from "../../../domain/ports/corpus-port.ts";
import type { Principal } from "../../../domain/principal.ts";
import { chunkKey } from "./engine/chunk-key.ts";
import type { Caller, Comparison, Fingerprint, PackedVectors, RemoveRequest } from "./engine/protocol.ts";
import { pack } from "./engine/vector-bytes.ts";
import { SpaceGone } from "./engine-child.ts";
import type { EngineProcess } from "./engine-process.ts";
import { fingerprintAll, type PutDocument, wireDocument } from "./fingerprint.ts";
import type { Maintenance } from "./maintenance.ts";
import type { Spaces } from "./spaces.ts";

/** Times that a put compares again because others have changed its documents meanwhile. */
const MAX_ROUNDS = 8;

export interface FaissCorpusParts {
  readonly engine: EngineProcess;
  readonly spaces: Spaces;
  readonly maintenance: Maintenance;
  /** Ends what this side shares with the retrieval. */
  readonly close: () => Promise<void>;
}

/** The vectors that a put brings, and their places by the hashes of the texts that they stand for. */
interface Embedded {
  readonly vectors: PackedVectors;
  readonly places: ReadonlyMap<string, number>;
}

/** The corpus has another content than the one that was compared with. */
const GONE = Symbol("gone");

/** Documents in a SQLite record that the engine's process keeps; FAISS and BM25 indexes follow it. */
export class FaissCorpus implements CorpusPort {
  readonly maxBatch = 128;
  private readonly parts: FaissCorpusParts;

  constructor(parts: FaissCorpusParts) {
    this.parts = parts;
  }

  async put(documents: readonly ChunkedDocument[], signal: AbortSignal): Promise<PutReport> {
    throwIfAborted(signal);
    const all = fingerprintAll(documents, this.maxBatch);
    const token = randomUUID();
    const vectors = new Map<string, Float32Array>();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const report = await this.putOnce(all, token, vectors, signal);
      if (report !== undefined) return report;
    }
    throw new ServiceError("storage-failed", "Others change the same documents again and again.", { retryable: true });
  }

  async compare(documents: readonly ChunkedDocument[], signal: AbortSignal): Promise<readonly PutOutcome[]> {
    throwIfAborted(signal);
    const all = fingerprintAll(documents, this.maxBatch);
    const comparison = await this.parts.engine.call("compare", { documents: printsOf(all) }, signal);
    return comparison.documents.map(({ outcome }) => outcome);
  }

  async remove(ids: readonly string[], signal: AbortSignal): Promise<number> {
    return this.removeSelected({ ids }, signal);
  }

  async removeMatching(filter: Filter, signal: AbortSignal): Promise<number> {
    return this.removeSelected({ filter }, signal);
  }

  async removeRead(root: string, ids: readonly string[], signal: AbortSignal): Promise<number> {
    return this.removeSelected({ root, ids }, signal);
  }

  async *listRead(root: string, signal: AbortSignal): AsyncGenerator<ReadDocument, void, undefined> {
    for (let after = 0; ; ) {
      const { documents, last } = await this.parts.engine.call("listRead", { root, after }, signal);
      if (documents.length === 0) return;
      yield* documents;
      after = last;
    }
  }

  async removeFor(principal: Principal | undefined, selection: Selection, signal: AbortSignal): Promise<number> {
    return this.removeSelected(selection, signal, callerOf(principal));
  }

  get(id: string, signal: AbortSignal): Promise<SourceDocument | undefined> {
    return this.parts.engine.call("get", { id }, signal);
  }

  list(page: CorpusPage, signal: AbortSignal): Promise<readonly SourceDocument[]> {
    return this.parts.engine.call("list", page, signal);
  }

  version(signal: AbortSignal): Promise<string> {
    return this.parts.engine.call("version", null, signal);
  }

  describe(signal: AbortSignal): Promise<CorpusDescription> {
    return this.parts.engine.call("describe", null, signal);
  }

  describeFor(principal: Principal | undefined, signal: AbortSignal): Promise<CorpusDescription> {
    return this.parts.engine.call("describe", callerOf(principal), signal);
  }

  async settle(signal: AbortSignal, onProgress: (share: number) => void = () => undefined): Promise<void> {
    throwIfAborted(signal);
    await this.parts.maintenance.settle(signal, (share) => onProgress(share * 0.95));
    await this.parts.engine.call("persist", null, signal);
    onProgress(1);
  }

  close(): Promise<void> {
    return this.parts.close();
  }

  private async removeSelected(
    selection: RemoveRequest["selection"],
    signal: AbortSignal,
    caller?: Caller,
  ): Promise<number> {
    throwIfAborted(signal);
    if (selection.filter !== undefined && isEmptyFilter(selection.filter)) {
      const problems = [{ field: "filter", message: "must name at least one field" }];
      throw new ServiceError("invalid-request", "An empty filter removes nothing.", { problems });
    }
    if (selection.ids?.length === 0) return 0;
    const once = selection.ids === undefined ? selection : { ...selection, ids: [...new Set(selection.ids)] };
    const request = { token: randomUUID(), selection: once, ...(caller === undefined ? {} : { caller }) };
    return this.parts.engine.call("remove", request, signal);
  }

  /** Undefined where the record has changed between the comparison and the put. */
  private async putOnce(
    all: readonly PutDocument[],
    token: string,
    vectors: Map<string, Float32Array>,
    signal: AbortSignal,
  ): Promise<PutReport | undefined> {
    const { engine } = this.parts;
    const comparison = await engine.call("compare", { documents: printsOf(all) }, signal);
    const changed = all.filter((_, index) => comparison.documents[index]?.outcome !== "unchanged");
    const unchanged = all.length - changed.length;
    if (changed.length === 0) return { added: 0, replaced: 0, unchanged };
    const embedded = await this.embed(all, comparison, vectors, signal).catch(asGone);
    if (embedded === GONE) return undefined;
    const request = {
      token,
      content: comparison.content,
      documents: changed.map((document) => wireDocument(document, (searchHash) => embedded?.places.get(searchHash))),
      ...(embedded === undefined ? {} : { vectors: embedded.vectors }),
    };
    const { report } = await engine.call("put", request, signal);
    return report === undefined ? undefined : { ...report, unchanged: report.unchanged + unchanged };
  }

  /** Vectors of the chunks that the record has none of; what an earlier round has embedded is not embedded again. */
  private async embed(
    all: readonly PutDocument[],
    { space, wantsVectors, documents }: Comparison,
    known: Map<string, Float32Array>,
    signal: AbortSignal,
  ): Promise<Embedded | undefined> {
    if (!wantsVectors) return undefined;
    const places = new Map<string, number>();
    const texts: string[] = [];
    for (const [index, { chunks, source }] of all.entries()) {
      const { outcome, embedded = [] } = documents[index] ?? {};
      if (outcome === "unchanged") continue;
      const there = new Set(embedded);
      for (const [position, print] of chunks.entries()) {
        if (places.has(print.searchHash)) continue;
        if (there.size > 0 && there.has(chunkKey(print, source[position]?.language))) continue;
        places.set(print.searchHash, texts.length);
        texts.push(source[position]?.searchText ?? "");
      }
    }
    if (texts.length === 0) return undefined;
    const key = (searchHash: string) => (space?.kind === "learned" ? `${space.id} ${searchHash}` : searchHash);
    const unknown = [...places].filter(([searchHash]) => !known.has(key(searchHash)));
    const vectors = await this.parts.spaces.embedDocuments(
      space,
      unknown.map(([, place]) => texts[place] ?? ""),
      signal,
    );
    for (const [index, vector] of vectors.entries()) known.set(key(unknown[index]?.[0] ?? ""), vector);
    const packed = pack([...places.keys()].flatMap((searchHash) => known.get(key(searchHash)) ?? []));
    return { places, vectors: space === undefined ? { packed } : { space: space.id, packed } };
  }
}

function callerOf(principal: Principal | undefined): Caller {
  return principal === undefined ? {} : { principal };
}

function printsOf(all: readonly PutDocument[]): readonly Fingerprint[] {
  return all.map(({ id, hash }) => ({ id, hash }));
}

function asGone(error: unknown): typeof GONE {
  if (error instanceof SpaceGone) return GONE;
  throw error;
}
