import { ServiceError } from "../../../../domain/errors.ts";
import type { Passage } from "../../../../domain/passage.ts";
import { analyseQuery } from "./analysis.ts";
import type { Bitset } from "./bitset.ts";
import type { CorpusMemory } from "./corpus-memory.ts";
import type { DocumentStore } from "./document-store.ts";
import type { Hit } from "./faiss-index.ts";
import { fuseWithFeedback } from "./feedback.ts";
import { FilterCache } from "./filtering.ts";
import { FUSION_CANDIDATES, fuse } from "./fusion.ts";
import type { SearchReply, SearchRequest } from "./protocol.ts";

const NO_VECTORS = "The passages have no vectors yet: they were found by their words only.";

/** A request that is ready to be searched for. */
interface Prepared {
  readonly request: SearchRequest;
  /** Slots that the filter allows; all where undefined. */
  readonly allowed: Bitset | undefined;
  /** Undefined where only words are searched. */
  readonly vector: Float32Array | undefined;
  readonly warnings: readonly string[];
}

/** Searches what is in memory; all requests of one call see the same state of the corpus. */
export class Searcher {
  private readonly memory: CorpusMemory;
  private readonly documents: DocumentStore;
  private readonly filters: FilterCache;

  constructor(memory: CorpusMemory, documents: DocumentStore) {
    this.memory = memory;
    this.documents = documents;
    this.filters = new FilterCache(memory);
  }

  /** A reply or an error for each request, in their order. Those without a filter go into FAISS together. */
  search(requests: readonly SearchRequest[]): (SearchReply | ServiceError)[] {
    const all = requests.map((request) => this.prepare(request));
    const together = new Map<Prepared, Float32Array>();
    for (const one of all) {
      if ("request" in one && one.vector !== undefined && one.allowed === undefined) together.set(one, one.vector);
    }
    const width = Math.max(0, ...[...together.keys()].map(({ request }) => candidatesOf(request)));
    const found = this.nearest([...together.values()], width);
    const dense = new Map(
      [...together.keys()].map((one, index) => [one, found[index]?.slice(0, candidatesOf(one.request)) ?? []]),
    );
    return all.map((one) => ("request" in one ? this.answer(one, dense.get(one) ?? this.nearestTo(one)) : one));
  }

  private prepare(request: SearchRequest): Prepared | SearchReply | ServiceError {
    const { mode, filter, dense } = request;
    const allowed = filter === undefined ? undefined : this.filters.select(filter);
    if (mode === "sparse") return { request, allowed, vector: undefined, warnings: [] };
    if (this.memory.mismatch !== undefined) return this.memory.mismatch;
    const space = this.memory.serving?.space;
    if (space === undefined) {
      const warnings = this.memory.catalog.live.count > 0 ? [NO_VECTORS] : [];
      return { request, allowed, vector: undefined, warnings };
    }
    if (dense === undefined || (dense.space ?? space.number) !== space.number) return { space };
    if (dense.vector.length === space.dimensions) return { request, allowed, vector: dense.vector, warnings: [] };
    return new ServiceError(
      "vendor-reply-invalid",
      `The query's vector has ${dense.vector.length} dimensions, the corpus has ${space.dimensions}.`,
    );
  }

  private nearestTo({ request, vector, allowed }: Prepared): readonly Hit[] {
    return vector === undefined ? [] : (this.nearest([vector], candidatesOf(request), allowed)[0] ?? []);
  }

  /** A vector of zeros is near to nothing. */
  private nearest(vectors: readonly Float32Array[], count: number, allowed?: Bitset): Hit[][] {
    const index = this.memory.serving?.index;
    const known = vectors.filter((vector) => vector.some((number) => number !== 0));
    const found = index?.search(known, count, allowed) ?? [];
    const byVector = new Map(known.map((vector, position) => [vector, found[position] ?? []]));
    return vectors.map((vector) => byVector.get(vector) ?? []);
  }

  private answer({ request, allowed, vector, warnings }: Prepared, dense: readonly Hit[]): SearchReply {
    const { query, topK, mode, denseWeight } = request;
    if (mode === "dense" && vector !== undefined) {
      return { passages: this.passages(dense.map(asSimilarity)), warnings };
    }
    const accepts = allowed === undefined ? undefined : (slot: number) => allowed.has(slot);
    const sparse = this.memory.lexical.search(analyseQuery(query), FUSION_CANDIDATES, accepts);
    const limits = { limit: topK, denseWeight };
    const { serving } = this.memory;
    if (vector === undefined || serving === undefined) {
      return { passages: this.passages(fuse(sparse, dense, limits)), warnings };
    }
    const vectorsOf = (slots: readonly number[]) => serving.vectorsOf(slots);
    return {
      passages: this.passages(fuseWithFeedback(sparse, dense, { query: vector, vectorsOf, ...limits })),
      warnings,
    };
  }

  private passages(hits: readonly Hit[]): Passage[] {
    return hits.flatMap(({ slot, score }) => {
      const passage = this.documents.passage(this.memory.catalog.passageAt(slot));
      return passage === undefined ? [] : [{ ...passage, score }];
    });
  }
}

/** Dense hits that a request needs: alone they are its passages, with words they are candidates. */
function candidatesOf({ mode, topK }: SearchRequest): number {
  return mode === "dense" ? topK : FUSION_CANDIDATES;
}

/** The cosine, with whatever points away from the query at 0. */
function asSimilarity({ slot, score }: Hit): Hit {
  return { slot, score: Math.min(1, Math.max(0, score)) };
}
