import type { Chunk } from "../../../domain/chunk.ts";
import type { Section, SourceDocument } from "../../../domain/document.ts";
import { type Problem, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import { type Filter, isEmptyFilter, matchesFilter } from "../../../domain/filter.ts";
import type { Passage } from "../../../domain/passage.ts";
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
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import type { RankingInForce, TuningPort } from "../../../domain/ports/tuning-port.ts";
import type { Principal } from "../../../domain/principal.ts";
import type { Ranking } from "../../../domain/ranking.ts";
import { mayRead } from "../../../domain/readers.ts";
import type { Relevance, RelevanceFloor } from "../../../domain/relevance.ts";
import { type Held, Hold } from "./hold.ts";

export interface FakeCorpusOptions {
  readonly maxBatch?: number;
  /** As if the config said it. */
  readonly ranking?: Ranking;
}

/**
 * A corpus in memory and the search over it, by whole words: sparse by the share of the query's words, dense by their share
 * of the passage's. Delays and failures of puts are the test's.
 */
export class FakeCorpus implements CorpusPort, RetrievalPort, TuningPort {
  readonly maxBatch: number;
  readonly defaultRanking: Ranking = { mode: "sparse", denseWeight: 0.5 };
  closed = false;
  private readonly documents = new Map<string, ChunkedDocument>();
  private readonly failures: Error[] = [];
  private readonly holding = new Hold();
  private readonly configured: Ranking | undefined;
  private tuned: Ranking | undefined;
  private floor: RelevanceFloor = { lexical: 0, dense: 0 };
  private generation = 0;

  constructor({ maxBatch = 16, ranking }: FakeCorpusOptions = {}) {
    this.maxBatch = maxBatch;
    this.configured = ranking;
  }

  /** Makes the next put fail; called twice, the next two, and so on. */
  failNext(error: Error): void {
    this.failures.push(error);
  }

  /** Makes puts wait from now on, until they are released or aborted. */
  hold(): Held {
    return this.holding.hold();
  }

  async put(documents: readonly ChunkedDocument[], signal: AbortSignal): Promise<PutReport> {
    throwIfAborted(signal);
    this.refuseBadBatch(documents);
    await this.holding.pass(signal);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const report = { added: 0, replaced: 0, unchanged: 0 };
    for (const chunked of documents) {
      const outcome = this.outcomeOf(chunked);
      report[outcome] += 1;
      if (outcome !== "unchanged") this.documents.set(chunked.document.id, structuredClone(chunked));
    }
    if (report.unchanged < documents.length) this.generation += 1;
    return report;
  }

  async compare(documents: readonly ChunkedDocument[], signal: AbortSignal): Promise<readonly PutOutcome[]> {
    throwIfAborted(signal);
    this.refuseBadBatch(documents);
    return documents.map((chunked) => this.outcomeOf(chunked));
  }

  async remove(ids: readonly string[], signal: AbortSignal): Promise<number> {
    throwIfAborted(signal);
    return this.removeWhere(({ id }) => ids.includes(id));
  }

  async removeMatching(filter: Filter, signal: AbortSignal, among?: readonly string[]): Promise<number> {
    throwIfAborted(signal);
    if (isEmptyFilter(filter)) {
      const problems = [{ field: "filter", message: "must name a field" }];
      throw new ServiceError("invalid-request", "An empty filter removes nothing.", { problems });
    }
    return this.removeWhere(
      ({ id, metadata = {} }) => matchesFilter(filter, metadata) && (among?.includes(id) ?? true),
    );
  }

  async removeRead(root: string, ids: readonly string[], signal: AbortSignal): Promise<number> {
    throwIfAborted(signal);
    return this.removeWhere(({ id, origin }) => origin?.root === root && ids.includes(id));
  }

  async *listRead(root: string, signal: AbortSignal): AsyncGenerator<ReadDocument, void, undefined> {
    throwIfAborted(signal);
    for (const { document } of [...this.documents.values()]) {
      if (document.origin?.root === root) yield { id: document.id, file: document.origin.file };
    }
  }

  async removeFor(principal: Principal | undefined, selection: Selection, signal: AbortSignal): Promise<number> {
    const readable = this.readable(principal).map(({ document }) => document.id);
    if (selection.filter === undefined)
      return this.remove(
        selection.ids.filter((id) => readable.includes(id)),
        signal,
      );
    return this.removeMatching(selection.filter, signal, readable);
  }

  async get(id: string, signal: AbortSignal): Promise<SourceDocument | undefined> {
    throwIfAborted(signal);
    const known = this.documents.get(id);
    if (known === undefined) return undefined;
    const { sections: _, ...document } = known.document;
    return document;
  }

  async list({ after = "", limit }: CorpusPage, signal: AbortSignal): Promise<readonly SourceDocument[]> {
    throwIfAborted(signal);
    const behind = [...this.documents.values()].filter(({ document }) => document.id > after);
    return behind
      .toSorted((one, other) => (one.document.id < other.document.id ? -1 : 1))
      .slice(0, limit)
      .map(({ document, chunks }) => ({ ...document, sections: chunks.map(stretchOf) }));
  }

  async version(signal: AbortSignal): Promise<string> {
    throwIfAborted(signal);
    return String(this.generation);
  }

  async describe(signal: AbortSignal): Promise<CorpusDescription> {
    return this.description([...this.documents.values()], signal);
  }

  async describeFor(principal: Principal | undefined, signal: AbortSignal): Promise<CorpusDescription> {
    return this.description(this.readable(principal), signal);
  }

  async settle(signal: AbortSignal, onProgress: (share: number) => void = () => {}): Promise<void> {
    throwIfAborted(signal);
    onProgress(1);
  }

  retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    return this.retrieveRanked(this.configured ?? this.tuned ?? this.defaultRanking, request, signal);
  }

  async rankingInForce(signal: AbortSignal): Promise<RankingInForce> {
    throwIfAborted(signal);
    const { configured, tuned, defaultRanking } = this;
    const known = tuned === undefined ? {} : { tuned };
    if (configured !== undefined) return { ranking: configured, source: "config", ...known };
    return { ranking: tuned ?? defaultRanking, source: tuned === undefined ? "default" : "tuned", ...known };
  }

  async tune(ranking: Ranking | undefined, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (ranking !== undefined) refuseBadWeight(ranking);
    this.tuned = ranking;
  }

  async calibrate(floor: RelevanceFloor | undefined, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (floor !== undefined) refuseBadFloor(floor);
    this.floor = floor ?? { lexical: 0, dense: 0 };
  }

  async retrieveRanked(
    ranking: Ranking,
    { query, topK, filter, principal }: RetrievalRequest,
    signal: AbortSignal,
  ): Promise<Retrieval> {
    throwIfAborted(signal);
    refuseBadWeight(ranking);
    const wanted = wordsOf(query);
    const passages = this.readable(principal)
      .filter(({ document }) => filter === undefined || matchesFilter(filter, document.metadata ?? {}))
      .flatMap((chunked) => passagesOf(chunked, wanted, ranking))
      .toSorted((one, other) => other.score - one.score)
      .slice(0, topK);
    return { passages, embedMs: 0, warnings: [], relevance: this.relevanceOf(passages, wanted) };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** By its words alone: the share of the query's that the best passage has. */
  private relevanceOf(passages: readonly Passage[], wanted: ReadonlySet<string>): Relevance {
    const shares = passages.map(({ text }) => wanted.intersection(wordsOf(text)).size / Math.max(1, wanted.size));
    const lexical = Math.max(0, ...shares);
    return { lexical, reachesFloor: lexical >= this.floor.lexical };
  }

  private readable(principal: Principal | undefined): readonly ChunkedDocument[] {
    return [...this.documents.values()].filter(({ document }) => mayRead(document.readers, principal));
  }

  private description(documents: readonly ChunkedDocument[], signal: AbortSignal): CorpusDescription {
    throwIfAborted(signal);
    const passages = documents.reduce((sum, { chunks }) => sum + chunks.length, 0);
    return { documents: documents.length, passages, generation: this.generation };
  }

  private outcomeOf(chunked: ChunkedDocument): PutOutcome {
    const known = this.documents.get(chunked.document.id);
    if (known === undefined) return "added";
    return canonical(known) === canonical(chunked) ? "unchanged" : "replaced";
  }

  private removeWhere(goes: (document: SourceDocument) => boolean): number {
    const going = [...this.documents.values()].map(({ document }) => document).filter(goes);
    for (const { id } of going) this.documents.delete(id);
    if (going.length > 0) this.generation += 1;
    return going.length;
  }

  private refuseBadBatch(documents: readonly ChunkedDocument[]): void {
    const problems: Problem[] = [];
    const ids = documents.map(({ document }) => document.id);
    if (ids.length === 0 || ids.length > this.maxBatch) {
      problems.push({ field: "documents", message: `must be 1 to ${this.maxBatch} documents, are ${ids.length}` });
    }
    if (new Set(ids).size < ids.length)
      problems.push({ field: "documents", message: "must have an id each of their own" });
    if (documents.some(({ chunks }) => chunks.length === 0)) {
      problems.push({ field: "documents", message: "must have at least one chunk each" });
    }
    if (problems.length > 0) throw new ServiceError("invalid-request", "These documents cannot be put.", { problems });
  }
}

function refuseBadWeight({ denseWeight }: Ranking): void {
  if (denseWeight >= 0 && denseWeight <= 1) return;
  const problems = [{ field: "denseWeight", message: "must be from 0 to 1" }];
  throw new ServiceError("invalid-request", "This ranking cannot be followed.", { problems });
}

function refuseBadFloor({ lexical, dense }: RelevanceFloor): void {
  if ([lexical, dense].every((value) => value >= 0 && value <= 1)) return;
  const problems = [{ field: "lexical", message: "must be from 0 to 1" }];
  throw new ServiceError("invalid-request", "This is no floor.", { problems });
}

function stretchOf({ start, end, section: path, page }: Chunk): Section {
  return { start, end, path, ...(page === undefined ? {} : { page }) };
}

function scoreOf(wanted: ReadonlySet<string>, words: ReadonlySet<string>, { mode, denseWeight }: Ranking): number {
  const shared = [...wanted].filter((word) => words.has(word)).length;
  if (shared === 0) return 0;
  const [sparse, dense] = [shared / wanted.size, shared / words.size];
  return mode === "sparse" ? sparse : mode === "dense" ? dense : sparse * (1 - denseWeight) + dense * denseWeight;
}

function passagesOf(
  { document, chunks }: ChunkedDocument,
  wanted: ReadonlySet<string>,
  ranking: Ranking,
): readonly Passage[] {
  const { id: documentId, title, uri, metadata } = document;
  return chunks.flatMap(({ id, text, start, end, section, page, language, tokens, searchText }) => {
    const score = scoreOf(wanted, wordsOf(searchText), ranking);
    if (score === 0) return [];
    return {
      id,
      documentId,
      text,
      score,
      tokens,
      location: { start, end, section, ...(page === undefined ? {} : { page }) },
      ...(title === undefined ? {} : { title }),
      ...(uri === undefined ? {} : { uri }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(language === undefined ? {} : { language }),
    };
  });
}

/** Words in lower case, without a plural's s. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set((text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.replace(/s$/u, "")));
}

function canonical({ document, chunks }: ChunkedDocument): string {
  const { sections: _, metadata = {}, readers, origin, ...rest } = document;
  const names = readers && [readers.users, readers.groups].map((ids) => [...new Set(ids)].sort());
  const place = [origin?.root, origin?.file];
  const fields = [Object.entries(rest).sort(), Object.entries(metadata).sort()];
  return JSON.stringify([...fields, names ?? "everybody", place, chunks]);
}
