import type { BreakerState } from "../../domain/health.ts";
import type { Clock } from "./clock.ts";
import { RollingCounts } from "./rolling-counts.ts";

export interface BreakerSettings {
  /** Time over which calls are counted. */
  readonly windowMs: number;
  /** Failures within the window that open it, at least. */
  readonly minFailures: number;
  /** Share of the window's calls that must have failed to open it, in (0, 1]. */
  readonly failureShare: number;
  /** Time that it stays open, up to a fifth more or less by chance, so that instances do not probe at once. */
  readonly openMs: number;
}

/** As what a call was let through: in the usual way, as the one that tries a half-open breaker, or although it is open. */
export type Admission = "call" | "probe" | "last-resort";

/** Longest that a vendor's word keeps calls away. */
const MAX_COOL_DOWN_MS = 5 * 60_000;
const OPEN_JITTER = 0.2;

/**
 * Keeps calls from what has just failed. Closed, it counts; where too many calls of the window failed it opens; after a
 * while it is half-open and lets one call at a time through: a success closes it, a failure opens it again.
 * Whoever was admitted reports back exactly once, with its admission.
 */
export class CircuitBreaker {
  /** When a call failed last, on the clock; -Infinity where none ever did. */
  lastFailureAt = Number.NEGATIVE_INFINITY;
  private readonly settings: BreakerSettings;
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly counts: RollingCounts;
  /** End of the open time; undefined while closed. */
  private openUntil: number | undefined;
  private coolUntil = Number.NEGATIVE_INFINITY;
  private probing = false;

  /** @param random in [0, 1) */
  constructor(settings: BreakerSettings, clock: Clock, random: () => number) {
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.counts = new RollingCounts(settings.windowMs);
  }

  get state(): BreakerState {
    const now = this.clock.now();
    if (now < this.coolUntil) return "open";
    if (this.openUntil === undefined) return "closed";
    return now < this.openUntil ? "open" : "half-open";
  }

  /** Whether `admit` would let a call through now. */
  get admits(): boolean {
    const { state } = this;
    return state === "closed" || (state === "half-open" && !this.probing);
  }

  /** Lets a call through, or says undefined: then it must not be made. */
  admit(): Admission | undefined {
    if (!this.admits) return undefined;
    if (this.openUntil === undefined) return "call";
    this.probing = true;
    return "probe";
  }

  succeeded(admission: Admission): void {
    if (admission === "probe") this.probing = false;
    if (this.openUntil === undefined) {
      this.counts.add(true, this.clock.now());
    } else if (admission !== "call") {
      this.openUntil = undefined;
      this.counts.clear();
    }
    if (admission !== "call") this.coolUntil = Number.NEGATIVE_INFINITY;
  }

  failed(admission: Admission): void {
    const now = this.clock.now();
    this.lastFailureAt = now;
    if (admission === "probe") this.probing = false;
    if (this.openUntil !== undefined) {
      if (admission === "probe") this.open(now);
      return;
    }
    this.counts.add(false, now);
    const { succeeded, failed } = this.counts.read(now);
    const { minFailures, failureShare } = this.settings;
    if (failed >= minFailures && failed >= failureShare * (succeeded + failed)) this.open(now);
  }

  /** The call failed since the vendor wants to be left alone for so long. */
  coolsDown(admission: Admission, forMs: number): void {
    const now = this.clock.now();
    this.lastFailureAt = now;
    if (admission === "probe") this.probing = false;
    this.coolUntil = Math.max(this.coolUntil, now + Math.min(forMs, MAX_COOL_DOWN_MS));
  }

  /** The call says nothing of the vendor: its caller went away, or asked what it should not. */
  released(admission: Admission): void {
    if (admission === "probe") this.probing = false;
  }

  private open(now: number): void {
    this.openUntil = now + this.settings.openMs * (1 + OPEN_JITTER * (2 * this.random() - 1));
  }
}
