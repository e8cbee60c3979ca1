import { abortable } from "../../../domain/abortable.ts";
import { ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { Passage } from "../../../domain/passage.ts";
import type { Clock } from "./clock.ts";

const MAX_BYTES = 64 << 20;
/** Different searches that are under way or wait for their turn at once; past it they are refused. */
const MAX_FLIGHTS = 512;
/** What an entry takes besides its texts. */
const ENTRY_BYTES = 1_024;

type Passages = readonly Passage[];

interface Kept {
  readonly passages: Passages;
  readonly bytes: number;
  readonly expiresAtMs: number;
}

interface Flight {
  readonly result: Promise<Passages>;
  readonly controller: AbortController;
  waiting: number;
}

/** Answers that are alike are asked for once: while they are under way, and for some time after. At most 64 MiB, the least recently used go first. */
export class SharedResults {
  private readonly keepMs: number;
  private readonly clock: Clock;
  private readonly kept = new Map<string, Kept>();
  private readonly flights = new Map<string, Flight>();
  private bytes = 0;

  /** Results are kept for so many milliseconds; 0 keeps none. */
  constructor(keepMs: number, clock: Clock) {
    this.keepMs = keepMs;
    this.clock = clock;
  }

  /**
   * The result of this key: kept, under way, or fetched now. The fetch goes on while anybody waits for it.
   * @throws ServiceError overloaded (512 others are under way), timeout, cancelled, and what the fetch throws
   */
  async get(key: string, fetch: (signal: AbortSignal) => Promise<Passages>, signal: AbortSignal): Promise<Passages> {
    throwIfAborted(signal);
    const known = this.find(key);
    if (known !== undefined) return known;
    const flight = this.flights.get(key) ?? this.start(key, fetch);
    flight.waiting += 1;
    try {
      return await abortable(flight.result, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) this.leave(key, flight, signal.reason);
    }
  }

  private start(key: string, fetch: (signal: AbortSignal) => Promise<Passages>): Flight {
    if (this.flights.size >= MAX_FLIGHTS) {
      throw new ServiceError("overloaded", `${MAX_FLIGHTS} searches wait for Kendra.`, { retryable: true });
    }
    const controller = new AbortController();
    const result = fetch(controller.signal).then((passages) => {
      this.keep(key, passages);
      return passages;
    });
    const flight = { result, controller, waiting: 0 };
    this.flights.set(key, flight);
    return flight;
  }

  /** Nobody waits any more: it has landed, or it is called back. */
  private leave(key: string, flight: Flight, reason: unknown): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
    flight.controller.abort(reason);
  }

  private find(key: string): Passages | undefined {
    const kept = this.kept.get(key);
    if (kept === undefined) return undefined;
    this.remove(key, kept);
    if (kept.expiresAtMs <= this.clock.now()) return undefined;
    this.insert(key, kept);
    return kept.passages;
  }

  private keep(key: string, passages: Passages): void {
    if (this.keepMs === 0) return;
    const bytes = ENTRY_BYTES + 2 * (key.length + JSON.stringify(passages).length);
    const before = this.kept.get(key);
    if (before !== undefined) this.remove(key, before);
    this.insert(key, { passages, bytes, expiresAtMs: this.clock.now() + this.keepMs });
    for (const [oldest, entry] of this.kept) {
      if (this.bytes <= MAX_BYTES) return;
      this.remove(oldest, entry);
    }
  }

  private insert(key: string, entry: Kept): void {
    this.kept.set(key, entry);
    this.bytes += entry.bytes;
  }

  private remove(key: string, entry: Kept): void {
    this.kept.delete(key);
    this.bytes -= entry.bytes;
  }
}
