import { parentPort } from "node:worker_threads";
import { ServiceError } from "../../../domain/errors.ts";
import { fitModel } from "./fit.ts";
import type { WorkerReply, WorkerRequest, WorkerValue } from "./messages.ts";
import { LsaModel } from "./model.ts";

/** Terms that a model knows at most; with 256 dimensions it then has 27 MB. */
const MAX_TERMS = 100_000;

const spaces = new Map<number, LsaModel>();

function answer(request: WorkerRequest): WorkerValue {
  switch (request.kind) {
    case "fit":
      return fitModel(request.texts, { dimensions: request.dimensions, maxTerms: MAX_TERMS }).toBytes();
    case "open": {
      const model = LsaModel.parse(request.model);
      spaces.set(request.space, model);
      return model.dimensions;
    }
    case "embed":
      return embedAll(request.texts, spaces.get(request.space));
    case "release":
      spaces.delete(request.space);
      return undefined;
  }
}

function embedAll(texts: readonly string[], model: LsaModel | undefined): Float32Array {
  if (model === undefined) throw new Error("The space was not opened.");
  const vectors = new Float32Array(texts.length * model.dimensions);
  for (const [index, text] of texts.entries()) vectors.set(model.embed(text), index * model.dimensions);
  return vectors;
}

function reply(request: WorkerRequest): WorkerReply {
  try {
    return { id: request.id, value: answer(request) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id: request.id, error: { expected: error instanceof ServiceError, message } };
  }
}

parentPort?.on("message", (request: WorkerRequest) => {
  const message = reply(request);
  const { value } = message;
  parentPort?.postMessage(message, typeof value === "object" ? [value.buffer as ArrayBuffer] : []);
});
