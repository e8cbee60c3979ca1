import type { SourceDocument } from "../../domain/document.ts";
import { throwIfAborted } from "../../domain/errors.ts";
import type {
  ChunkedDocument,
  CorpusDescription,
  CorpusPage,
  CorpusPort,
  PutReport,
} from "../../domain/ports/corpus-port.ts";

/** A corpus that lives as long as the test. */
export class MemoryCorpus implements CorpusPort {
  readonly maxBatch = 16;
  private readonly stored = new Map<string, ChunkedDocument>();
  private generation = 0;

  async put(documents: readonly ChunkedDocument[], signal: AbortSignal): Promise<PutReport> {
    throwIfAborted(signal);
    const report = { added: 0, replaced: 0, unchanged: 0 };
    for (const put of documents) {
      const before = this.stored.get(put.document.id);
      const alike = before !== undefined && JSON.stringify(before) === JSON.stringify(put);
      report[before === undefined ? "added" : alike ? "unchanged" : "replaced"] += 1;
      this.stored.set(put.document.id, put);
      if (!alike) this.generation += 1;
    }
    return report;
  }

  async remove(ids: readonly string[], signal: AbortSignal): Promise<number> {
    throwIfAborted(signal);
    const removed = ids.filter((id) => this.stored.delete(id)).length;
    this.generation += removed;
    return removed;
  }

  async get(id: string, signal: AbortSignal): Promise<SourceDocument | undefined> {
    throwIfAborted(signal);
    return this.stored.get(id)?.document;
  }

  async list({ after = "", limit }: CorpusPage, signal: AbortSignal): Promise<readonly SourceDocument[]> {
    throwIfAborted(signal);
    const behind = [...this.stored.values()].filter(({ document }) => document.id > after);
    return behind.map(({ document }) => document).slice(0, limit);
  }

  async describe(signal: AbortSignal): Promise<CorpusDescription> {
    throwIfAborted(signal);
    const documents = this.stored.size;
    const passages = [...this.stored.values()].reduce((sum, { chunks }) => sum + chunks.length, 0);
    const embedder = documents === 0 ? {} : { embedder: { name: "memory-1", dimensions: 8 } };
    return { documents, passages, generation: this.generation, ...embedder };
  }

  async settle(): Promise<void> {}
}
