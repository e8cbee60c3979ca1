import { type Transferable, Worker } from "node:worker_threads";
import { abortError, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { WorkerReply, WorkerRequest, WorkerValue } from "./messages.ts";

type Pending = PromiseWithResolvers<WorkerValue>;
type Question = WorkerRequest extends infer Request
  ? Request extends WorkerRequest
    ? Omit<Request, "id">
    : never
  : never;

/** Requests that may wait at once. */
const MAX_PENDING = 1_024;

/** A thread that does the arithmetic; it keeps the process alive only while somebody waits for it. */
export class WorkerThread {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url));
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private ended = false;

  constructor() {
    this.worker.unref();
    this.worker.on("message", (reply: WorkerReply) => this.settle(reply));
    this.worker.on("error", (error) => this.end(error));
    this.worker.on("exit", () => this.end(undefined));
  }

  /** Whether the thread is gone, by a crash or by `terminate`. */
  get isGone(): boolean {
    return this.ended;
  }

  /**
   * Its answer. A request that is given up still runs to its end in the thread.
   * @throws ServiceError storage-failed (a model that cannot be read), overloaded, retrieval-unavailable (the thread broke), timeout, cancelled
   */
  async ask(question: Question, signal: AbortSignal, transfer: readonly Transferable[] = []): Promise<WorkerValue> {
    throwIfAborted(signal);
    if (this.pending.size >= MAX_PENDING)
      throw new ServiceError("overloaded", "Too many texts wait to be embedded.", { retryable: true });
    this.nextId += 1;
    const id = this.nextId;
    const pending = Promise.withResolvers<WorkerValue>();
    const abort = () => pending.reject(abortError(signal));
    signal.addEventListener("abort", abort, { once: true });
    this.pending.set(id, pending);
    this.worker.ref();
    try {
      this.worker.postMessage({ ...question, id }, transfer);
      return await pending.promise;
    } finally {
      signal.removeEventListener("abort", abort);
      this.pending.delete(id);
      if (this.pending.size === 0) this.worker.unref();
    }
  }

  async terminate(): Promise<void> {
    this.end(undefined);
    await this.worker.terminate();
  }

  private settle({ id, value, error }: WorkerReply): void {
    const pending = this.pending.get(id);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(error.expected ? new ServiceError("storage-failed", error.message) : new Error(error.message));
  }

  private end(cause: unknown): void {
    this.ended = true;
    for (const pending of this.pending.values()) {
      pending.reject(
        new ServiceError("retrieval-unavailable", "The embedder's thread ended.", { retryable: true, cause }),
      );
    }
  }
}
