import { Worker } from "node:worker_threads";

/** A thread that runs worker.ts; whoever starts it ends it. */
export type StartWorker = () => Worker;

/** Room for young garbage; with Node's own 48 MB a fit of 5,000 passages takes 120 MB more. */
const YOUNG_GENERATION_MB = 8;

export const startWorker: StartWorker = () =>
  new Worker(new URL("./worker.ts", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
