import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { KEY_BYTES, VectorFile } from "./vector-file.ts";

export interface StoreSettings {
  readonly file: string;
  readonly maxBytes: number;
}

/** Keys stand one after the other, and so do vectors, `dimensions` numbers each. */
export type ToStore =
  | { readonly get: Uint8Array; readonly dimensions: number }
  | { readonly put: Uint8Array; readonly vectors: Float32Array; readonly dimensions: number }
  | { readonly close: true };

/** One when the file is open, then one for each message, in their order; `places` says which keys were found. */
export type FromStore =
  | { readonly done: true }
  | { readonly places: readonly number[]; readonly vectors: Float32Array<ArrayBuffer> }
  | { readonly failed: string };

function keysOf(packed: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: packed.length / KEY_BYTES }, (_, index) =>
    packed.subarray(index * KEY_BYTES, (index + 1) * KEY_BYTES),
  );
}

function get(file: VectorFile, keys: Uint8Array, dimensions: number): FromStore {
  const found = file.get(keysOf(keys), dimensions);
  const places = found.flatMap((vector, place) => (vector === undefined ? [] : [place]));
  const vectors = new Float32Array(places.length * dimensions);
  for (const [index, place] of places.entries()) vectors.set(found[place] ?? [], index * dimensions);
  return { places, vectors };
}

function put(file: VectorFile, keys: Uint8Array, vectors: Float32Array, dimensions: number): FromStore {
  file.put(
    keysOf(keys).map((key, index) => [key, vectors.subarray(index * dimensions, (index + 1) * dimensions)] as const),
  );
  return { done: true };
}

function reply(message: Exclude<ToStore, { readonly close: true }>): FromStore {
  if (file === undefined) throw new Error("The file is not open.");
  return "get" in message
    ? get(file, message.get, message.dimensions)
    : put(file, message.put, message.vectors, message.dimensions);
}

function orFailure(work: () => FromStore): FromStore {
  try {
    return work();
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

function answer(reply: FromStore): void {
  parentPort?.postMessage(reply, "vectors" in reply ? [reply.vectors.buffer] : []);
}

let file: VectorFile | undefined;
answer(
  orFailure(() => {
    const { file: path, maxBytes } = workerData as StoreSettings;
    mkdirSync(dirname(path), { recursive: true });
    file = VectorFile.open(path, maxBytes);
    return { done: true };
  }),
);
parentPort?.on("message", (message: ToStore) => {
  if ("close" in message) {
    file?.close();
    answer({ done: true });
  } else answer(orFailure(() => reply(message)));
});
