import type { SourceDocument } from "../../../domain/document.ts";
import { type Problem, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import { matchesFilter } from "../../../domain/filter.ts";
import type { Passage } from "../../../domain/passage.ts";
import type { ChunkedDocument, CorpusDescription, CorpusPort, PutReport } from "../../../domain/ports/corpus-port.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import type { Principal } from "../../../domain/principal.ts";
import { mayRead } from "../../../domain/readers.ts";
import { type Held, Hold } from "./hold.ts";

/** A corpus in memory and the search over it, by whole words; delays and failures of puts are the test's. */
export class FakeCorpus implements CorpusPort, RetrievalPort {
  readonly maxBatch: number;
  closed = false;
  private readonly documents = new Map<string, ChunkedDocument>();
  private readonly failures: Error[] = [];
  private readonly holding = new Hold();
  private generation = 0;

  constructor({ maxBatch = 16 }: { readonly maxBatch?: number } = {}) {
    this.maxBatch = maxBatch;
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
      const known = this.documents.get(chunked.document.id);
      const kind = known === undefined ? "added" : canonical(known) === canonical(chunked) ? "unchanged" : "replaced";
      report[kind] += 1;
      if (kind !== "unchanged") this.documents.set(chunked.document.id, structuredClone(chunked));
    }
    if (report.unchanged < documents.length) this.generation += 1;
    return report;
  }

  async remove(ids: readonly string[], signal: AbortSignal): Promise<number> {
    throwIfAborted(signal);
    const removed = ids.filter((id) => this.documents.delete(id)).length;
    if (removed > 0) this.generation += 1;
    return removed;
  }

  async removeFor(principal: Principal | undefined, ids: readonly string[], signal: AbortSignal): Promise<number> {
    const readable = ids.filter((id) => mayRead(this.documents.get(id)?.document.readers, principal));
    return this.remove(readable, signal);
  }

  async get(id: string, signal: AbortSignal): Promise<SourceDocument | undefined> {
    throwIfAborted(signal);
    const known = this.documents.get(id);
    if (known === undefined) return undefined;
    const { sections: _, ...document } = known.document;
    return document;
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

  async retrieve({ query, topK, filter, principal }: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    throwIfAborted(signal);
    const wanted = wordsOf(query);
    const passages = this.readable(principal)
      .filter(({ document }) => filter === undefined || matchesFilter(filter, document.metadata ?? {}))
      .flatMap((chunked) => passagesOf(chunked, wanted))
      .toSorted((one, other) => other.score - one.score)
      .slice(0, topK);
    return { passages, embedMs: 0, warnings: [] };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private readable(principal: Principal | undefined): readonly ChunkedDocument[] {
    return [...this.documents.values()].filter(({ document }) => mayRead(document.readers, principal));
  }

  private description(documents: readonly ChunkedDocument[], signal: AbortSignal): CorpusDescription {
    throwIfAborted(signal);
    const passages = documents.reduce((sum, { chunks }) => sum + chunks.length, 0);
    return { documents: documents.length, passages, generation: this.generation };
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

function passagesOf({ document, chunks }: ChunkedDocument, wanted: ReadonlySet<string>): readonly Passage[] {
  const { id: documentId, title, uri, metadata } = document;
  return chunks.flatMap(({ id, text, start, end, section, page, language, tokens, searchText }) => {
    const words = wordsOf(searchText);
    const score = [...wanted].filter((word) => words.has(word)).length / wanted.size;
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
  const { sections: _, metadata = {}, readers, ...rest } = document;
  const names = readers && [readers.users, readers.groups].map((ids) => [...new Set(ids)].sort());
  return JSON.stringify([Object.entries(rest).sort(), Object.entries(metadata).sort(), names ?? "everybody", chunks]);
}
