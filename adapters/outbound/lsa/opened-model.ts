import type { Worker } from "node:worker_threads";
import { abortError, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { StartWorker } from "./start-worker.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

const MAX_WAITING = 1_024;
const MAX_ATTEMPTS = 2;

interface Job {
  readonly texts: readonly string[];
  attempts: number;
  resolve(vectors: Float32Array): void;
  reject(error: ServiceError): void;
}

/**
 * A model in a worker of its own, which embeds one batch at a time, urgent ones first. A worker that dies is replaced
 * when there is work; the batch that it died at is tried once more. The worker keeps the process alive only while it has
 * something to do.
 */
export class OpenedModel {
  /** The model's dimensions, once the worker has read it; rejects with storage-failed, vendor-unavailable or shutting-down. */
  readonly dimensions: Promise<number>;
  private readonly opening = Promise.withResolvers<number>();
  private readonly bytes: Uint8Array;
  private readonly start: StartWorker;
  private readonly urgent: Job[] = [];
  private readonly waiting: Job[] = [];
  private worker: Worker | undefined;
  private ready = false;
  private current: Job | undefined;
  private closed = false;

  constructor(bytes: Uint8Array, start: StartWorker) {
    this.bytes = bytes;
    this.start = start;
    this.dimensions = this.opening.promise;
    this.dimensions.catch(() => undefined);
    this.launch();
  }

  /** The texts' vectors, one after the other. @throws ServiceError overloaded, vendor-unavailable, shutting-down, timeout, cancelled */
  async embed(texts: readonly string[], isUrgent: boolean, signal: AbortSignal): Promise<Float32Array> {
    throwIfAborted(signal);
    if (this.closed) throw closedError();
    const queue = isUrgent ? this.urgent : this.waiting;
    if (queue.length >= MAX_WAITING) {
      throw new ServiceError("overloaded", "Too many texts wait for the LSA model.", { retryable: true });
    }
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    const job: Job = { texts, attempts: 0, resolve, reject };
    const abort = () => {
      const position = queue.indexOf(job);
      if (position >= 0) queue.splice(position, 1);
      reject(abortError(signal));
    };
    signal.addEventListener("abort", abort, { once: true });
    queue.push(job);
    this.next();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Ends the worker; what is under way or waits fails with shutting-down. */
  async close(): Promise<void> {
    this.closed = true;
    this.rejectAll(closedError());
    this.opening.reject(closedError());
    await this.worker?.terminate();
  }

  private next(): void {
    if (this.closed || this.current !== undefined) return;
    const isIdle = this.urgent.length + this.waiting.length === 0;
    if (this.worker === undefined && !isIdle) this.launch();
    if (!this.ready) return;
    if (isIdle) {
      this.worker?.unref();
      return;
    }
    this.worker?.ref();
    this.current = this.urgent.shift() ?? this.waiting.shift();
    if (this.current !== undefined) this.send({ embed: this.current.texts });
  }

  private launch(): void {
    const worker = this.start();
    worker.on("message", (message: FromWorker) => this.receive(message));
    worker.on("error", (cause) => this.mourn(worker, cause));
    worker.on("exit", () => this.mourn(worker));
    this.worker = worker;
    this.ready = false;
    this.send({ open: this.bytes });
  }

  private send(message: ToWorker): void {
    this.worker?.postMessage(message);
  }

  private receive(message: FromWorker): void {
    if ("dimensions" in message) {
      this.ready = true;
      this.opening.resolve(message.dimensions);
    } else if ("unreadable" in message) {
      this.opening.reject(new ServiceError("storage-failed", message.unreadable));
    } else if ("vectors" in message) {
      this.current?.resolve(message.vectors);
      this.current = undefined;
    }
    this.next();
  }

  /** A worker that dies before it has read the model would die again: then nothing waits for the next one. */
  private mourn(worker: Worker, cause?: unknown): void {
    if (this.worker !== worker || this.closed) return;
    this.worker = undefined;
    const error = new ServiceError("vendor-unavailable", "The thread of the LSA model died.", {
      retryable: true,
      cause,
    });
    const job = this.current;
    this.current = undefined;
    if (job !== undefined && ++job.attempts >= MAX_ATTEMPTS) job.reject(error);
    else if (job !== undefined) this.urgent.unshift(job);
    if (!this.ready) this.rejectAll(error);
    this.opening.reject(error);
    this.next();
  }

  private rejectAll(error: ServiceError): void {
    this.current?.reject(error);
    this.current = undefined;
    for (const job of [...this.urgent.splice(0), ...this.waiting.splice(0)]) job.reject(error);
  }
}

function closedError(): ServiceError {
  return new ServiceError("shutting-down", "The LSA model is closed.");
}
