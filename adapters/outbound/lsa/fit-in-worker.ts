import { setImmediate } from "node:timers/promises";
import { abortError, ServiceError, throwIfAborted } from "../../../domain/errors.ts";
import type { FitOptions } from "./fit.ts";
import type { StartWorker } from "./start-worker.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

/** Texts that are copied to the worker before other work gets its turn. */
const TEXTS_AT_ONCE = 256;

/**
 * Learns a model in a worker of its own, which ends with it, and at once where the signal aborts.
 * @throws ServiceError vendor-unavailable (the worker died), timeout, cancelled
 */
export async function fitInWorker(
  texts: readonly string[],
  options: FitOptions,
  start: StartWorker,
  signal: AbortSignal,
): Promise<Uint8Array> {
  throwIfAborted(signal);
  const worker = start();
  const outcome = Promise.withResolvers<Uint8Array>();
  const fail = (cause?: unknown) =>
    outcome.reject(
      new ServiceError("vendor-unavailable", "The thread that learns the LSA model died.", { retryable: true, cause }),
    );
  const abort = () => outcome.reject(abortError(signal));
  worker.on("message", (message: FromWorker) => "model" in message && outcome.resolve(message.model));
  worker.on("error", fail);
  worker.on("exit", () => fail());
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([outcome.promise, send(worker, texts, options, signal)]);
    return await outcome.promise;
  } finally {
    signal.removeEventListener("abort", abort);
    await worker.terminate();
  }
}

async function send(
  worker: { postMessage(message: ToWorker): void },
  texts: readonly string[],
  options: FitOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let start = 0; start < texts.length; start += TEXTS_AT_ONCE) {
    worker.postMessage({ sample: texts.slice(start, start + TEXTS_AT_ONCE) });
    await setImmediate();
    throwIfAborted(signal);
  }
  worker.postMessage({ fit: options });
}
