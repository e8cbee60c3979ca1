import { Worker } from "node:worker_threads";

/** What the thread is given. */
export interface CheckpointSettings {
  /** The record. */
  readonly path: string;
  /** Of the log that is not in the record's file yet, from which it is copied. */
  readonly logBytes: number;
}

/**
 * Copies SQLite's log into the record's file in a thread and through a connection of its own: each time it reads and writes
 * 16 MB and waits for the disk twice. It begins with the first commit.
 */
export class CheckpointThread {
  private readonly settings: CheckpointSettings;
  private worker: Worker | undefined;

  constructor(settings: CheckpointSettings) {
    this.settings = settings;
  }

  /** Has the thread look at the log after a commit. */
  committed(): void {
    this.worker ??= this.start();
    this.worker.postMessage(null);
  }

  /** Resolves once the thread's connection is closed. */
  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(new URL("./checkpoint-worker.ts", import.meta.url), { workerData: this.settings });
    // The connection that commits copies a log that this thread leaves alone, once it is longer.
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      if (this.worker === worker) this.worker = undefined;
    });
    return worker;
  }
}
