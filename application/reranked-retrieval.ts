import { type ErrorCode, ServiceError, throwIfAborted } from "../domain/errors.ts";
import type { Passage } from "../domain/passage.ts";
import type { RankedText, RerankPort } from "../domain/ports/rerank-port.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../domain/ports/retrieval-port.ts";
import { searchTextOf } from "./chunking/chunk-text.ts";

export interface RerankSettings {
  /** The engine's best passages that are ranked anew, 1 to 100. */
  readonly candidates: number;
}

/**
 * Failures of a reranker that a search survives: they pass by themselves. What the operator or the caller must mend is
 * thrown, and so is the search's own `timeout`, by its signal.
 */
const SURVIVED: readonly ErrorCode[] = ["rate-limited", "vendor-unavailable", "vendor-reply-invalid", "timeout"];

/**
 * A search whose best passages a reranker ranks anew: by title, section and text, with the reranker's scores.
 *
 * Where topK is more than `candidates`, the passages beyond them follow in the engine's order, scored no higher than the
 * last candidate; so a longer answer begins with the shorter one. Where the reranker is throttled, unavailable, too
 * slow for a deadline of its own or replies nonsense, the engine's own order and scores stand, and a warning says so; its
 * other errors are the search's.
 */
export class RerankedRetrieval implements RetrievalPort {
  private readonly retrieval: RetrievalPort;
  private readonly reranker: RerankPort;
  private readonly settings: RerankSettings;

  /** The reranker may serve other searches too: `close` leaves it alone. */
  constructor(retrieval: RetrievalPort, reranker: RerankPort, settings: RerankSettings) {
    this.retrieval = retrieval;
    this.reranker = reranker;
    this.settings = settings;
  }

  async retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    const { query, topK } = request;
    const { candidates } = this.settings;
    const found = await this.retrieval.retrieve({ ...request, topK: Math.max(topK, candidates) }, signal);
    const first = found.passages.slice(0, candidates);
    if (first.length === 0) return found;
    const texts = first.map(({ title, location, text }) => searchTextOf(title, location?.section ?? [], text));
    try {
      const ranked = await this.rerank(query, texts, Math.min(topK, first.length), signal);
      const best = ranked.flatMap(({ index, score }) => {
        const passage = first[index];
        return passage === undefined ? [] : [{ ...passage, score }];
      });
      const lowest = best.at(-1)?.score ?? 1;
      const rest = found.passages.slice(candidates, topK).map((passage) => noHigher(passage, lowest));
      return {
        ...found,
        passages: [...best, ...rest],
        warnings: [...found.warnings, ...this.lengthWarnings([query, ...texts])],
      };
    } catch (error) {
      throwIfAborted(signal);
      if (!(error instanceof ServiceError) || !SURVIVED.includes(error.code)) throw error;
      const warning = `The reranker failed (${error.code}): the passages stand in the search engine's own order.`;
      return { ...found, passages: found.passages.slice(0, topK), warnings: [...found.warnings, warning] };
    }
  }

  async close(): Promise<void> {
    await this.retrieval.close?.();
  }

  /** The topN best of the texts, batch by batch: a text's score does not depend on its batch. */
  private async rerank(
    query: string,
    texts: readonly string[],
    topN: number,
    signal: AbortSignal,
  ): Promise<readonly RankedText[]> {
    const { maxBatch, maxCharacters } = this.reranker;
    const ranked: RankedText[] = [];
    for (let start = 0; start < texts.length; start += maxBatch) {
      const batch = texts.slice(start, start + maxBatch).map((text) => cut(text, maxCharacters));
      const best = await this.reranker.rerank(
        { query: cut(query, maxCharacters), texts: batch, topN: Math.min(topN, batch.length) },
        signal,
      );
      ranked.push(...best.map(({ index, score }) => ({ index: start + index, score })));
    }
    return ranked.toSorted((one, other) => other.score - one.score).slice(0, topN);
  }

  private lengthWarnings(texts: readonly string[]): readonly string[] {
    const { maxCharacters } = this.reranker;
    if (texts.every((text) => text.length <= maxCharacters)) return [];
    return [
      `The reranker reads ${maxCharacters} characters of a query or a passage: it did not see what follows them.`,
    ];
  }
}

function noHigher(passage: Passage, score: number): Passage {
  return passage.score > score ? { ...passage, score } : passage;
}

/** The text's beginning, without half a character at its end. */
function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : text.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/u, "");
}
