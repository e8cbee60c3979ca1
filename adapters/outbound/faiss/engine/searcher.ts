import { ServiceError } from "../../../../domain/errors.ts";
import type { Passage } from "../../../../domain/passage.ts";
import type { Ranking } from "../../../../domain/ranking.ts";
import type { Relevance } from "../../../../domain/relevance.ts";
import { analyseQuery } from "./analysis.ts";
import type { Bitset } from "./bitset.ts";
import type { CorpusMemory } from "./corpus-memory.ts";
import type { Hit } from "./faiss-index.ts";
import { fuseWithFeedback } from "./feedback.ts";
import { FilterCache } from "./filtering.ts";
import { DEFAULT_RANKING, FUSION_CANDIDATES, fuse } from "./fusion.ts";
import type { SearchReply, SearchRequest } from "./protocol.ts";
import { DEFAULT_FLOOR, relevanceOf } from "./relevance.ts";
import type { StoredDocuments } from "./stored-documents.ts";

const NO_VECTORS = "The passages have no vectors yet: they were found by their words only.";

/** A request that is ready to be searched for. */
interface Prepared {
  readonly request: SearchRequest;
  readonly ranking: Ranking;
  /** Slots that the principal may read and the filter lets through; all where undefined. */
  readonly allowed: Bitset | undefined;
  /** Undefined where only words are searched. */
  readonly vector: Float32Array | undefined;
  readonly warnings: readonly string[];
}

/** Searches what is in memory; all requests of one call see the same state of the corpus. */
export class Searcher {
  private readonly memory: CorpusMemory;
  private readonly documents: StoredDocuments;
  private readonly filters: FilterCache;

  constructor(memory: CorpusMemory, documents: StoredDocuments) {
    this.memory = memory;
    this.documents = documents;
    this.filters = new FilterCache(memory);
  }

  /** A reply or an error for each request, in their order. Those that are allowed the same passages go into FAISS together. */
  search(requests: readonly SearchRequest[]): (SearchReply | ServiceError)[] {
    const all = requests.map((request) => this.prepare(request));
    const prepared = all.filter((one) => "request" in one);
    const dense = new Map<unknown, readonly Hit[]>();
    for (const [allowed, together] of Map.groupBy(prepared, (one) => one.allowed)) {
      const withVector = together.flatMap((one) => (one.vector === undefined ? [] : [{ one, vector: one.vector }]));
      const width = Math.max(0, ...withVector.map(({ one }) => candidatesOf(one)));
      const found = this.nearest(
        withVector.map(({ vector }) => vector),
        width,
        allowed,
      );
      for (const [index, { one }] of withVector.entries()) {
        dense.set(one, found[index]?.slice(0, candidatesOf(one)) ?? []);
      }
    }
    return all.map((one) => ("request" in one ? this.answer(one, dense.get(one) ?? []) : one));
  }

  private prepare(request: SearchRequest): Prepared | SearchReply | ServiceError {
    const { ranking = this.memory.tuned ?? DEFAULT_RANKING, dense, principal } = request;
    const readable = this.memory.catalog.access.readable(principal);
    const allowed = this.allowedOf(request, readable);
    if (ranking.mode === "sparse") return { request, ranking, allowed, vector: undefined, warnings: [] };
    if (this.memory.mismatch !== undefined) return this.memory.mismatch;
    const space = this.memory.serving?.space;
    if (space === undefined) {
      const warnings = (readable ?? this.memory.catalog.live).count > 0 ? [NO_VECTORS] : [];
      return { request, ranking, allowed, vector: undefined, warnings };
    }
    if (dense === undefined || (dense.space ?? space.id) !== space.id) return { space };
    if (dense.vector.length === space.dimensions) {
      return { request, ranking, allowed, vector: dense.vector, warnings: [] };
    }
    return new ServiceError(
      "vendor-reply-invalid",
      `The query's vector has ${dense.vector.length} dimensions, the corpus has ${space.dimensions}.`,
    );
  }

  /** What filters let through is remembered for everybody, so it is cut down to what may be read for every request anew. */
  private allowedOf({ filter }: SearchRequest, readable: Bitset | undefined): Bitset | undefined {
    if (filter === undefined) return readable;
    const matching = this.filters.select(filter);
    return readable === undefined ? matching : matching.intersection(readable);
  }

  /** A vector of zeros is near to nothing. */
  private nearest(vectors: readonly Float32Array[], count: number, allowed: Bitset | undefined): Hit[][] {
    const index = this.memory.serving?.index;
    const known = vectors.filter((vector) => vector.some((number) => number !== 0));
    const found = index?.search(known, count, allowed) ?? [];
    const byVector = new Map(known.map((vector, position) => [vector, found[position] ?? []]));
    return vectors.map((vector) => byVector.get(vector) ?? []);
  }

  private answer({ request, ranking, allowed, vector, warnings }: Prepared, dense: readonly Hit[]): SearchReply {
    const { query, topK } = request;
    if (ranking.mode === "dense" && vector !== undefined) {
      const relevance = this.relevance(undefined, dense);
      return { passages: this.passages(dense.map(asSimilarity)), ranking, relevance, warnings };
    }
    const accepts = allowed === undefined ? undefined : (slot: number) => allowed.has(slot);
    const terms = analyseQuery(query);
    const sparse = this.memory.lexical.search(terms, FUSION_CANDIDATES, accepts);
    const ceiling = this.memory.lexical.ceiling(terms);
    const relevance = this.relevance(ceiling > 0 ? Math.min(1, (sparse[0]?.score ?? 0) / ceiling) : 0, dense);
    const limits = { limit: topK, denseWeight: ranking.denseWeight };
    const { serving } = this.memory;
    if (vector === undefined || serving === undefined) {
      return { passages: this.passages(fuse(sparse, dense, limits)), ranking, relevance, warnings };
    }
    const vectorsOf = (slots: readonly number[]) => serving.vectorsOf(slots);
    return {
      passages: this.passages(fuseWithFeedback(sparse, dense, { query: vector, vectorsOf, ...limits })),
      ranking,
      relevance,
      warnings,
    };
  }

  private relevance(lexical: number | undefined, dense: readonly Hit[]): Relevance {
    const { serving, floor = DEFAULT_FLOOR } = this.memory;
    const [nearest] = dense;
    const best = {
      ...(lexical === undefined ? {} : { lexical }),
      ...(nearest === undefined ? {} : { dense: asSimilarity(nearest).score }),
    };
    return relevanceOf(best, floor, serving?.space.kind);
  }

  private passages(hits: readonly Hit[]): Passage[] {
    return hits.flatMap(({ slot, score }) => {
      const passage = this.documents.passage(this.memory.catalog.passageAt(slot));
      return passage === undefined ? [] : [{ ...passage, score }];
    });
  }
}

/** Dense hits that a request needs: alone they are its passages, with words they are candidates. */
function candidatesOf({ ranking, request }: Prepared): number {
  return ranking.mode === "dense" ? request.topK : FUSION_CANDIDATES;
}

/** The cosine, with whatever points away from the query at 0. */
function asSimilarity({ slot, score }: Hit): Hit {
  return { slot, score: Math.min(1, Math.max(0, score)) };
}
