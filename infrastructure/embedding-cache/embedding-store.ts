import { Worker } from "node:worker_threads";
import type { Log } from "../../domain/log.ts";
import type { FromStore, StoreSettings, ToStore } from "./store-worker.ts";
import { KEY_BYTES } from "./vector-file.ts";

/** Vectors that one message carries, so that neither side is long at it. */
const VECTORS_AT_ONCE = 256;
/** Bytes that wait to be written; what is more is not kept. */
const MAX_WAITING_BYTES = 64 * 1_048_576;

export interface StorePatience {
  /** For the file to be opened and, each time, for a look into it, in milliseconds. */
  readonly openingMs: number;
  readonly lookMs: number;
  /** After any trouble the store is left alone for so long. */
  readonly restMs: number;
}

const PATIENCE: StorePatience = { openingMs: 10_000, lookMs: 3_000, restMs: 60_000 };
const CLOSING_MS = 10_000;

/** A reply that is waited for. */
interface Asked {
  readonly bytes: number;
  resolve(reply: FromStore): void;
}

/**
 * Vectors on disk, in a file that a thread of its own reads and writes. It never throws: a store that is broken, locked,
 * full or slow is logged, finds nothing, keeps nothing, and is tried again after a rest.
 */
export class EmbeddingStore {
  private readonly settings: StoreSettings;
  private readonly log: Log;
  private readonly patience: StorePatience;
  private readonly asked: Asked[] = [];
  private worker: Worker | undefined;
  private opened: Promise<boolean> = Promise.resolve(false);
  private waitingBytes = 0;
  private restsUntil = 0;
  private silentUntil = 0;
  private closed = false;

  constructor(settings: StoreSettings, log: Log, patience: StorePatience = PATIENCE) {
    this.settings = settings;
    this.log = log;
    this.patience = patience;
  }

  /** Vectors of the keys, in their order; undefined where there is none of that many dimensions. */
  async get(keys: readonly Uint8Array[], dimensions: number): Promise<readonly (Float32Array | undefined)[]> {
    const found: (Float32Array | undefined)[] = keys.map(() => undefined);
    for (let start = 0; start < keys.length; start += VECTORS_AT_ONCE) {
      if (!(await this.isReady())) break;
      const part = keys.slice(start, start + VECTORS_AT_ONCE);
      const reply = await this.inTime(this.ask({ get: pack(part), dimensions }), this.patience.lookMs);
      if (reply === undefined || !("places" in reply)) break;
      for (const [index, place] of reply.places.entries()) {
        found[start + place] = reply.vectors.subarray(index * dimensions, (index + 1) * dimensions);
      }
    }
    return found;
  }

  /** Keeps the vectors under the keys some time after; what is asked for later finds them. */
  put(keys: readonly Uint8Array[], vectors: readonly Float32Array[], dimensions: number): void {
    if (!this.isAwake()) return;
    for (let start = 0; start < keys.length; start += VECTORS_AT_ONCE) {
      const part = vectors.slice(start, start + VECTORS_AT_ONCE);
      const packed = new Float32Array(part.length * dimensions);
      for (const [index, vector] of part.entries()) packed.set(vector, index * dimensions);
      if (this.waitingBytes + packed.byteLength > MAX_WAITING_BYTES) {
        this.warn("more waits to be written than is kept in memory; the rest is not kept");
        return;
      }
      void this.ask(
        { put: pack(keys.slice(start, start + VECTORS_AT_ONCE)), vectors: packed, dimensions },
        packed.byteLength,
      );
    }
  }

  /** Writes what waits, as far as it can be written in seconds. */
  async close(): Promise<void> {
    this.closed = true;
    const { worker } = this;
    if (worker === undefined) return;
    await this.inTime(this.ask({ close: true }), CLOSING_MS);
    await worker.terminate();
  }

  private isAwake(): boolean {
    if (this.closed || Date.now() < this.restsUntil) return false;
    if (this.worker === undefined) this.start();
    return true;
  }

  private async isReady(): Promise<boolean> {
    if (!this.isAwake()) return false;
    return (await this.inTime(this.opened, this.patience.openingMs)) === true;
  }

  private start(): void {
    const worker = new Worker(new URL("./store-worker.ts", import.meta.url), { workerData: this.settings });
    this.worker = worker;
    const opened = this.reply(0);
    this.opened = opened.then((reply) => "done" in reply);
    worker.on("message", (reply: FromStore) => this.worker === worker && this.receive(reply));
    worker.on("error", (error) => this.bury(worker, error.message));
    worker.on("exit", () => this.bury(worker, "its thread ended"));
  }

  private ask(message: ToStore, bytes = 0): Promise<FromStore> {
    const reply = this.reply(bytes);
    this.send(message);
    return reply;
  }

  private send(message: ToStore): void {
    this.worker?.postMessage(message, "vectors" in message ? [message.vectors.buffer as ArrayBuffer] : []);
  }

  /** The thread keeps the process alive only while something is asked of it. */
  private reply(bytes: number): Promise<FromStore> {
    const { promise, resolve } = Promise.withResolvers<FromStore>();
    this.asked.push({ bytes, resolve });
    this.waitingBytes += bytes;
    this.worker?.ref();
    return promise;
  }

  private receive(reply: FromStore): void {
    const asked = this.asked.shift();
    this.waitingBytes -= asked?.bytes ?? 0;
    asked?.resolve(reply);
    if ("failed" in reply) this.rest(reply.failed);
    if (this.asked.length === 0) this.worker?.unref();
  }

  /** What it is asked from now on, it is not asked; the thread is another one after the rest. */
  private rest(reason: string): void {
    if (Date.now() < this.restsUntil || this.closed) return;
    this.restsUntil = Date.now() + this.patience.restMs;
    this.warn(reason);
    const { worker } = this;
    if (worker !== undefined) this.bury(worker, reason);
    void worker?.terminate();
  }

  /** Once in the time of a rest. */
  private warn(reason: string): void {
    if (Date.now() < this.silentUntil) return;
    const { restMs } = this.patience;
    this.silentUntil = Date.now() + restMs;
    this.log.warn({ file: this.settings.file, reason, restMs }, "the cache of embeddings fails; vectors are not kept");
  }

  private bury(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.waitingBytes = 0;
    for (const { resolve } of this.asked.splice(0)) resolve({ failed: reason });
    this.rest(reason);
  }

  /** What comes in time; else undefined, and a rest. */
  private async inTime<Value>(work: Promise<Value>, patienceMs: number): Promise<Value | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), patienceMs);
    try {
      const first = await Promise.race([work, late.promise]);
      if (first === undefined) this.rest(`no answer in ${patienceMs} ms`);
      return first;
    } finally {
      clearTimeout(timer);
    }
  }
}

function pack(keys: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(keys.length * KEY_BYTES);
  for (const [index, key] of keys.entries()) packed.set(key, index * KEY_BYTES);
  return packed;
}
