import type { ErrorCode } from "../../../domain/errors.ts";
import type { TransformersOptions } from "./options.ts";

export interface ModelSettings
  extends Pick<TransformersOptions, "dtype" | "pooling" | "max_tokens" | "allow_download" | "hub_url"> {
  /** A folder's absolute path, or a name of the Hub. */
  readonly model: string;
  /** Where what was downloaded is kept. */
  readonly cacheDirectory: string;
}

/** `load` comes first; then texts, one batch at a time. `service` is the id of the process that asks. */
export type ToModel =
  | { readonly load: ModelSettings; readonly service: number }
  | { readonly embed: readonly string[] };

/** Why a model cannot be loaded, or a batch not embedded; the cause is for the log. */
export interface ModelFailure {
  readonly code: Extract<ErrorCode, "not-configured" | "vendor-unavailable" | "vendor-rejected">;
  readonly message: string;
  readonly cause: string;
}

/** One for each message, in their order; vectors stand one after the other, of length 1 or all zeros. */
export type FromModel =
  | { readonly loaded: true }
  | { readonly vectors: Float32Array }
  | { readonly failed: ModelFailure };
