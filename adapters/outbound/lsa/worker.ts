import { parentPort } from "node:worker_threads";
import { ServiceError } from "../../../domain/errors.ts";
import { type FitOptions, fitModel } from "./fit.ts";
import { LsaModel } from "./model.ts";

/** A worker either learns from the samples that it is sent before `fit`, or embeds with the model that it opens first. */
export type ToWorker =
  | { readonly sample: readonly string[] }
  | { readonly fit: FitOptions }
  | { readonly open: Uint8Array }
  | { readonly embed: readonly string[] };

/** One for each `fit`, `open` and `embed`, in their order; vectors stand one after the other. */
export type FromWorker =
  | { readonly model: Uint8Array<ArrayBuffer> }
  | { readonly dimensions: number }
  | { readonly unreadable: string }
  | { readonly vectors: Float32Array<ArrayBuffer> };

const sample: string[] = [];
let model: LsaModel | undefined;

function embed(opened: LsaModel, texts: readonly string[]): Float32Array<ArrayBuffer> {
  const vectors = new Float32Array(texts.length * opened.dimensions);
  for (const [index, text] of texts.entries()) vectors.set(opened.embed(text), index * opened.dimensions);
  return vectors;
}

function open(bytes: Uint8Array): FromWorker {
  try {
    model = LsaModel.parse(bytes);
    return { dimensions: model.dimensions };
  } catch (error) {
    if (error instanceof ServiceError) return { unreadable: error.message };
    throw error;
  }
}

parentPort?.on("message", (message: ToWorker) => {
  if ("sample" in message) {
    for (const text of message.sample) sample.push(text);
  } else if ("fit" in message) {
    const bytes = fitModel(sample.splice(0), message.fit).toBytes();
    parentPort?.postMessage({ model: bytes } satisfies FromWorker, [bytes.buffer]);
  } else if ("open" in message) {
    parentPort?.postMessage(open(message.open));
  } else if (model !== undefined) {
    const vectors = embed(model, message.embed);
    parentPort?.postMessage({ vectors } satisfies FromWorker, [vectors.buffer]);
  }
});
