import { ServiceError } from "../../../domain/errors.ts";

/** Aborts where nothing comes for long: S3's connections have no bound of their own while a body is read. */
export class StallWatch {
  /** Aborts with the caller's signal too, whose reason it then has. */
  readonly signal: AbortSignal;
  private readonly stalled = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(limitMs: number, signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.stalled.signal]);
    this.timer = setTimeout(() => this.stalled.abort(stall(limitMs)), limitMs);
  }

  /** Something came. */
  moved(): void {
    this.timer.refresh();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

function stall(limitMs: number): ServiceError {
  return new ServiceError("vendor-unavailable", `S3 sent nothing for ${limitMs} ms.`, { retryable: true });
}
