import type { Passage } from "../../domain/passage.ts";
import type { Retrieval, RetrievalPort, RetrievalRequest } from "../../domain/ports/retrieval-port.ts";
import { isRetrievalFailure } from "../../domain/retrieval-failure.ts";
import type { Clock } from "./clock.ts";
import type { RetrievalRecorder } from "./recorder.ts";

export interface StaleCacheSettings {
  /** Name of the search in the config. */
  readonly search: string;
  /** Results that are kept at most; the one that was found or given longest ago makes room. */
  readonly maxEntries: number;
  /** Of all results together, about. */
  readonly maxBytes: number;
  /** Older results are not given. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly recorder: RetrievalRecorder;
}

interface Entry {
  readonly found: Retrieval;
  readonly foundAt: number;
  readonly bytes: number;
}

/**
 * A search engine that repeats, where it fails, what it last found for the same query, filter, topK and principal, with a
 * warning. What was removed from the corpus since, or closed to the principal, is found there until it is too old.
 */
export class StaleRetrieval implements RetrievalPort {
  private readonly retrieval: RetrievalPort;
  private readonly settings: StaleCacheSettings;
  /** Least lately used first. */
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  constructor(retrieval: RetrievalPort, settings: StaleCacheSettings) {
    this.retrieval = retrieval;
    this.settings = settings;
  }

  async retrieve(request: RetrievalRequest, signal: AbortSignal): Promise<Retrieval> {
    const key = keyOf(request);
    try {
      const found = await this.retrieval.retrieve(request, signal);
      this.keep(key, found);
      return found;
    } catch (error) {
      const stale = signal.aborted || !isRetrievalFailure(error) ? undefined : this.staleFor(key);
      if (stale === undefined) throw error;
      return stale;
    }
  }

  async close(): Promise<void> {
    await this.retrieval.close?.();
  }

  private keep(key: string, found: Retrieval): void {
    this.drop(key);
    const { maxEntries, maxBytes, clock } = this.settings;
    const bytes = 2 * key.length + bytesOf(found.passages);
    if (bytes > maxBytes) return;
    this.entries.set(key, { found, foundAt: clock.now(), bytes });
    this.bytes += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= maxEntries && this.bytes <= maxBytes) return;
      this.drop(oldest);
    }
  }

  private staleFor(key: string): Retrieval | undefined {
    const { search, maxAgeMs, clock, recorder } = this.settings;
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    const ageMs = clock.now() - entry.foundAt;
    if (ageMs > maxAgeMs) {
      this.drop(key);
      return undefined;
    }
    this.entries.delete(key);
    this.entries.set(key, entry);
    recorder.servedStale(search);
    const age = Math.round(ageMs / 1000);
    const warning = `The search ${search} could not answer: these passages were found ${age} s ago.`;
    return { ...entry.found, embedMs: 0, warnings: [...entry.found.warnings, warning] };
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
  }
}

/** The principal is part of it: nobody is given what another one may read. */
function keyOf({ query, topK, filter, principal }: RetrievalRequest): string {
  const reader = principal === undefined ? null : [principal.userId, principal.groups.toSorted()];
  return JSON.stringify([query, topK, filter ?? null, reader]);
}

/** Two bytes a character, and something for the rest. */
function bytesOf(passages: readonly Passage[]): number {
  return passages.reduce((sum, { text, metadata }) => {
    const fields = metadata === undefined ? 0 : JSON.stringify(metadata).length;
    return sum + 512 + 2 * (text.length + fields);
  }, 512);
}
