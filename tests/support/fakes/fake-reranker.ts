import { type Problem, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { RankedText, RerankPort, RerankRequest } from "../../../domain/ports/rerank-port.ts";
import { type Held, Hold } from "./hold.ts";

/** A reranker that counts words; it records what it was asked, and its limits, delays and failures are the test's. */
export class FakeReranker implements RerankPort {
  readonly maxBatch: number;
  readonly maxCharacters: number;
  /** Requests in the order in which they came. */
  readonly requests: RerankRequest[] = [];
  closed = false;
  private readonly scoreOf: (query: string, text: string) => number;
  private readonly failures: Error[] = [];
  private readonly holding = new Hold();

  constructor({
    maxBatch = 100,
    maxCharacters = 4_000,
    scoreOf = wordShare,
  }: {
    readonly maxBatch?: number;
    readonly maxCharacters?: number;
    /** In [0, 1]; default: the share of the query's words that stand in the text. */
    readonly scoreOf?: (query: string, text: string) => number;
  } = {}) {
    this.maxBatch = maxBatch;
    this.maxCharacters = maxCharacters;
    this.scoreOf = scoreOf;
  }

  /** Makes the next call fail; called twice, the next two, and so on. */
  failNext(error: Error): void {
    this.failures.push(error);
  }

  /** Makes calls wait from now on, until they are released or aborted. */
  hold(): Held {
    return this.holding.hold();
  }

  async rerank(request: RerankRequest, signal: AbortSignal): Promise<readonly RankedText[]> {
    const problems = problemsOf(request, this);
    if (problems.length > 0) throw new ServiceError("invalid-request", "These texts cannot be ranked.", { problems });
    throwIfAborted(signal);
    this.requests.push(request);
    await this.holding.pass(signal);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const { query, texts, topN = texts.length } = request;
    return texts
      .map((text, index) => ({ index, score: this.scoreOf(query, text) }))
      .toSorted((one, other) => other.score - one.score)
      .slice(0, topN);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Share of the query's words that stand in the text. */
export function wordShare(query: string, text: string): number {
  const wanted = wordsOf(query);
  const there = new Set(wordsOf(text));
  return wanted.filter((word) => there.has(word)).length / Math.max(1, wanted.length);
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function problemsOf({ query, texts, topN = 1 }: RerankRequest, { maxBatch, maxCharacters }: RerankPort): Problem[] {
  const message = "is out of range";
  const isBad = (text: string) => text === "" || text.length > maxCharacters;
  return [
    ...(isBad(query) ? [{ field: "query", message }] : []),
    ...(texts.length < 1 || texts.length > maxBatch ? [{ field: "texts", message }] : []),
    ...texts.flatMap((text, index) => (isBad(text) ? [{ field: `texts[${index}]`, message }] : [])),
    ...(Number.isInteger(topN) && topN >= 1 && topN <= Math.max(1, texts.length) ? [] : [{ field: "topN", message }]),
  ];
}
