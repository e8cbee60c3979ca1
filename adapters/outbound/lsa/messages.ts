/** What the worker is asked; `id` comes back with the reply, `space` names a model that was opened. */
export type WorkerRequest = { readonly id: number } & (
  | { readonly kind: "fit"; readonly texts: readonly string[]; readonly dimensions: number }
  | { readonly kind: "open"; readonly space: number; readonly model: Uint8Array }
  | { readonly kind: "embed"; readonly space: number; readonly texts: readonly string[] }
  | { readonly kind: "release"; readonly space: number }
);

/** `fit`: the model. `open`: its dimensions. `embed`: the vectors one after another. `release`: nothing. */
export type WorkerValue = Uint8Array | Float32Array | number | undefined;

export type WorkerReply =
  | { readonly id: number; readonly value: WorkerValue; readonly error?: never }
  | {
      readonly id: number;
      readonly error: { readonly expected: boolean; readonly message: string };
      readonly value?: never;
    };
