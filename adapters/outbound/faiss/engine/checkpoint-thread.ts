import { statSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { startThread } from "./engine-thread.ts";

/** What the thread is given. */
export interface CheckpointSettings {
  /** The record. */
  readonly path: string;
  /** Bytes that the log must have, and the record's file not yet, to be copied without being asked for. */
  readonly copiedFrom: number;
}

/** What the thread is told: there was a commit, or the whole log is to be copied. */
export type CheckpointRequest = "look" | "copy";

/** Its answer, in the order of the requests. */
export interface CheckpointReply {
  readonly request: CheckpointRequest;
  /** Length of the log, copied or not. */
  readonly logBytes: number;
}

/**
 * Copies SQLite's log into the record's file in a thread and through a connection of its own: each time it reads and writes
 * 16 MB and waits for the disk twice. It begins with the commit after which there is as much to copy.
 */
export class CheckpointThread {
  private readonly settings: CheckpointSettings;
  private worker: Worker | undefined;
  private logBytes = 0;
  private copied: PromiseWithResolvers<void> | undefined;

  constructor(settings: CheckpointSettings) {
    this.settings = settings;
  }

  /** Has the thread look at the log after a commit. */
  committed(): void {
    if (this.worker !== undefined || this.isLong()) this.ask("look");
  }

  /**
   * Before a commit: resolves at once where the log was shorter when the thread last looked; else once the thread has copied
   * it. The commit then begins it anew, unless another process reads or has the rest of it. Nothing may be committed meanwhile.
   */
  async room(logBytes: number): Promise<void> {
    if (this.logBytes < logBytes) return;
    this.copied = Promise.withResolvers();
    this.ask("copy");
    await this.copied.promise;
  }

  /** Resolves once the thread's connection is closed. */
  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  /** Whether the log's file, which is not cut while the record is open, may hold enough. */
  private isLong(): boolean {
    const { path, copiedFrom } = this.settings;
    return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) >= copiedFrom;
  }

  private ask(request: CheckpointRequest): void {
    this.worker ??= this.start();
    this.worker.postMessage(request);
  }

  private start(): Worker {
    const worker = startThread(new URL("./checkpoint-worker.ts", import.meta.url), { workerData: this.settings });
    worker.on("message", ({ request, logBytes }: CheckpointReply) => {
      if (request === "copy") this.goOn();
      else this.logBytes = logBytes;
    });
    // The connection that commits copies a log that this thread leaves alone, once it is longer.
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      this.goOn();
    });
    return worker;
  }

  private goOn(): void {
    this.logBytes = 0;
    this.copied?.resolve();
  }
}
