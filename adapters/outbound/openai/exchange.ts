import type { IncomingHttpHeaders } from "node:http";
import { APIConnectionError } from "openai/error";
import type { Dispatcher } from "undici";
import { abortError } from "../../../domain/errors.ts";

export interface ReplyHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Bytes that wait for a slow reader before the vendor is made to wait. */
const MAX_WAITING_BYTES = 256 * 1024;

/**
 * One request and its reply. The signal's abort closes the connection at once, and so does `cancel`.
 * @throws what the signal stands for, or APIConnectionError, from `head` and `next`
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Status and headers, once they are there. */
  readonly head: Promise<ReplyHead>;
  private readonly headArrived = Promise.withResolvers<ReplyHead>();
  private readonly signal: AbortSignal;
  private controller: Dispatcher.DispatchController | undefined;
  private chunks: Buffer[] = [];
  private waitingBytes = 0;
  private outcome: "under way" | "ended" | { readonly failure: Error } = "under way";
  private wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    this.head = this.headArrived.promise;
    signal.addEventListener("abort", this.onAbort);
  }

  /** The chunks that have arrived since, at least one; undefined at the end of the body. One caller at a time. */
  async next(): Promise<readonly Buffer[] | undefined> {
    if (this.chunks.length === 0 && this.outcome === "under way") {
      await new Promise<void>((wake) => {
        this.wake = wake;
      });
    }
    if (typeof this.outcome === "object") throw this.outcome.failure;
    if (this.chunks.length === 0) return undefined;
    const { chunks } = this;
    this.chunks = [];
    this.waitingBytes = 0;
    if (this.controller?.paused) this.controller.resume();
    return chunks;
  }

  /** Closes the connection where the reply has not come to its end. */
  cancel(): void {
    if (this.outcome === "under way") this.fail(new Error("Nobody reads on."));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It was given up while it waited for its connection.
    if (typeof this.outcome === "object") controller.abort(this.outcome.failure);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.headArrived.resolve({ status, headers });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
    this.waitingBytes += chunk.byteLength;
    if (this.waitingBytes > MAX_WAITING_BYTES) controller.pause();
    this.wake?.();
  }

  onResponseEnd(): void {
    this.settle("ended");
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.settle({ failure: new APIConnectionError({ cause }) });
  }

  private readonly onAbort = (): void => this.fail(abortError(this.signal));

  private fail(failure: Error): void {
    this.settle({ failure });
    this.controller?.abort(failure);
  }

  private settle(outcome: "ended" | { readonly failure: Error }): void {
    if (this.outcome !== "under way") return;
    this.outcome = outcome;
    this.signal.removeEventListener("abort", this.onAbort);
    if (outcome !== "ended") {
      this.head.catch(() => undefined);
      this.headArrived.reject(outcome.failure);
    }
    this.wake?.();
  }
}
