import type { ErrorCode } from "./errors.ts";

/** Whether calls go through: `closed` all, `open` none, `half-open` one at a time, to see. */
export type BreakerState = "closed" | "open" | "half-open";

/** One of the places that a model can be asked at. */
export interface TargetStatus {
  readonly adapter: string;
  /** Absent where variables of it are missing: then it is left out. */
  readonly breaker?: BreakerState;
  /** Calls under way. */
  readonly inFlight: number;
  /** Why it is left out, naming the missing variables; absent where it is not. */
  readonly reason?: string;
}

/** How a search stands that follows a published snapshot. */
export interface SnapshotStatus {
  /** Version that it answers from; absent where it answers from what it held before anything was published. */
  readonly version?: string;
  /** Code of why the last look failed; absent where it did not. */
  readonly problem?: ErrorCode;
}

/** One adapter of the config, and whether it can be asked. */
export interface AdapterStatus {
  readonly kind: "model" | "search";
  readonly name: string;
  readonly available: boolean;
  /** Why it cannot, naming the missing variables; absent where it can. */
  readonly reason?: string;
  /** Of a model that is available, in the config's order. */
  readonly targets?: readonly TargetStatus[];
  /** Of a search that is available. */
  readonly breaker?: BreakerState;
  /** Of a search that follows a published snapshot, available or not. */
  readonly snapshot?: SnapshotStatus;
}
