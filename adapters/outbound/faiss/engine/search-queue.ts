import { setImmediate as nextTurn } from "node:timers/promises";
import { ServiceError } from "../../../../domain/errors.ts";
import type { SearchReply, SearchRequest } from "./protocol.ts";

/** More at once would have the first of them wait for the last. */
const MAX_BATCH = 16;
const MAX_LEAKED_BYTES = 128 << 20;
const RETIRE_AGAIN_AFTER = 1_000;

export interface SearchQueueParts {
  /** A reply or an error for each request, in their order; what it throws is every request's error. */
  readonly search: (requests: readonly SearchRequest[]) => readonly (SearchReply | ServiceError)[];
  /** Bytes that searches have lost so far; our own build of the addon loses none. */
  readonly leakedBytes: () => number;
  /** Searches after which `retire` is called, then again after each thousand; also where 128 MiB are lost. */
  readonly retireAfterSearches: number;
  readonly retire: () => void;
}

interface WaitingSearch {
  readonly request: SearchRequest;
  readonly isCancelled: () => boolean;
  readonly reply: PromiseWithResolvers<SearchReply>;
}

/** Searches wait for the end of the event loop's turn, so that those that have arrived are answered together. */
export class SearchQueue {
  private readonly parts: SearchQueueParts;
  private readonly waiting: WaitingSearch[] = [];
  private searches = 0;
  private retireAtSearches: number;
  private retireAtBytes = MAX_LEAKED_BYTES;

  constructor(parts: SearchQueueParts) {
    this.parts = parts;
    this.retireAtSearches = parts.retireAfterSearches;
  }

  add(request: SearchRequest, isCancelled: () => boolean): Promise<SearchReply> {
    const reply = Promise.withResolvers<SearchReply>();
    this.waiting.push({ request, isCancelled, reply });
    if (this.waiting.length === 1) nextTurn().then(() => this.answer());
    return reply.promise;
  }

  private answer(): void {
    const batch = this.waiting.splice(0, MAX_BATCH).filter(stillWanted);
    if (this.waiting.length > 0) nextTurn().then(() => this.answer());
    try {
      const replies = this.parts.search(batch.map(({ request }) => request));
      for (const [index, { reply }] of batch.entries()) {
        const outcome = replies[index];
        if (outcome === undefined || outcome instanceof ServiceError) reply.reject(outcome);
        else reply.resolve(outcome);
      }
    } catch (error) {
      for (const { reply } of batch) reply.reject(error);
    }
    this.count(batch.length);
  }

  private count(searches: number): void {
    this.searches += searches;
    const leaked = this.parts.leakedBytes();
    if (this.searches < this.retireAtSearches && leaked < this.retireAtBytes) return;
    this.retireAtSearches = this.searches + RETIRE_AGAIN_AFTER;
    this.retireAtBytes = leaked + MAX_LEAKED_BYTES / 8;
    this.parts.retire();
  }
}

function stillWanted({ isCancelled, reply }: WaitingSearch): boolean {
  if (!isCancelled()) return true;
  reply.reject(new ServiceError("cancelled", "The caller cancelled the request."));
  return false;
}
