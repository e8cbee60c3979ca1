import type { ErrorCode } from "../../domain/errors.ts";

/** How an attempt ended: `left` where its caller went away or another attempt was faster, `error` for a bug. */
export type AttemptOutcome = "answered" | "left" | "error" | ErrorCode;

/** A target, by its model's name and its place there. */
export interface TargetName {
  readonly model: string;
  readonly label: string;
}

/** Who is told what happens to completions. Every name comes from the config, so there are few. */
export interface CompletionRecorder {
  /** The first event of a stream came so many milliseconds after its attempt began. */
  firstToken(target: TargetName, ms: number): void;
  attemptEnded(target: TargetName, outcome: AttemptOutcome, ms: number): void;
  /** A further attempt was made at the same model. */
  retried(model: string): void;
  /** Another model is asked in the place of this one. */
  fellBack(model: string, fallback: string): void;
  /** A second attempt was made beside a slow one. */
  hedged(model: string): void;
  /** A target was asked although every one is open. */
  lastResort(model: string): void;
}

/** Who is told what happens to retrievals. */
export interface RetrievalRecorder {
  /** `open`: the engine was not asked, since its breaker is open. */
  retrieved(search: string, outcome: AttemptOutcome | "open", ms: number): void;
  /** An earlier result was given in the place of a failure. */
  servedStale(search: string): void;
}
