import type { Slice } from "./slice.ts";

export interface Built {
  /** Time in which passages were added and acknowledged, in memory only; absent where an acknowledgement means more than that. */
  readonly inMemoryMs?: number;
  /** The same with what was added made durable before each acknowledgement; absent where the contender has no way to. */
  readonly durableMs?: number;
  /** Time until the index held all in its final form, adding included. */
  readonly buildMs: number;
}

/** What a contender's process is asked, and what it answers. */
export interface Commands {
  open: { request: { readonly contender: string; readonly dataSet: string; readonly directory: string }; reply: null };
  build: { request: { readonly documentsPerBatch: number; readonly saves: number }; reply: Built };
  slice: { request: { readonly callers: number; readonly durationMs: number; readonly topK: number }; reply: Slice };
  /** Numbers of the passages found for each query. */
  answers: { request: { readonly topK: number }; reply: readonly (readonly number[])[] };
  /** Runs so many searches. */
  searches: { request: { readonly count: number; readonly callers: number; readonly topK: number }; reply: null };
  close: { request: null; reply: null };
}

export type Command = keyof Commands;

export type ToContender = {
  [Name in Command]: { readonly command: Name; readonly request: Commands[Name]["request"] };
}[Command];
