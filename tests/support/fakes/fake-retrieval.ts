import { throwIfAborted } from "../../../domain/errors.ts";
import { matchesFilter } from "../../../domain/filter.ts";
import type { Passage } from "../../../domain/passage.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../../domain/ports/retrieval-port.ts";
import { type Held, Hold } from "./hold.ts";

/** A search engine whose passages, delays and failures the test scripts; it records what it was asked. */
export class FakeRetrieval implements RetrievalPort {
  /** Requests in the order in which they came. */
  readonly requests: RetrievalRequest[] = [];
  /** Answered with every search; [] at first. */
  warnings: readonly string[] = [];
  /** Answered with every search; 0 at first. */
  embedMs = 0;
  closed = false;
  private readonly passagesFor: (request: RetrievalRequest) => readonly Passage[];
  private readonly failures: Error[] = [];
  private readonly holding = new Hold();

  /** Passages in any order, the same for every request or chosen by it; filter and topK are applied to them. */
  constructor(passages: readonly Passage[] | ((request: RetrievalRequest) => readonly Passage[]) = []) {
    this.passagesFor = typeof passages === "function" ? passages : () => passages;
  }

  /** Makes the next search fail; called twice, the next two, and so on. */
  failNext(error: Error): void {
    this.failures.push(error);
  }

  /** Makes searches wait from now on, until they are released or aborted. */
  hold(): Held {
    return this.holding.hold();
  }

  async retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    throwIfAborted(signal);
    this.requests.push(request);
    await this.holding.pass(signal);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const { filter, topK } = request;
    const passages = this.passagesFor(request)
      .filter(({ metadata = {} }) => filter === undefined || matchesFilter(filter, metadata))
      .toSorted((one, other) => other.score - one.score)
      .slice(0, topK);
    return { passages, embedMs: this.embedMs, warnings: this.warnings };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
