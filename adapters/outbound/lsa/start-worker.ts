import { Worker } from "node:worker_threads";

/** A thread that runs worker.ts; whoever starts it ends it. */
export type StartWorker = () => Worker;

export const startWorker: StartWorker = () => new Worker(new URL("./worker.ts", import.meta.url));
