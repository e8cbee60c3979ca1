import type { Slice } from "./slice.ts";

export interface Built {
  /** Time in which passages were added and acknowledged, in memory only; absent where an acknowledgement means more than that. */
  readonly inMemoryMs?: number;
  /** The same with what was added made durable before each acknowledgement; absent where the contender has no way to. */
  readonly durableMs?: number;
  /** Time until the index held all in its final form, adding included. */
  readonly buildMs: number;
}

/** What was measured while a contender that searches had more added. */
export interface Grown {
  readonly passages: number;
  /** Time until the last of them was acknowledged. */
  readonly ms: number;
  /** One caller's searches meanwhile. */
  readonly searches: Slice;
}

/** What a contender's process is asked, and what it answers. */
export interface Commands {
  open: { request: { readonly contender: string; readonly dataSet: string; readonly directory: string }; reply: null };
  /** Adds the first `passages`, by default all. */
  build: {
    request: { readonly documentsPerBatch: number; readonly saves: number; readonly passages?: number };
    reply: Built;
  };
  /** Adds those that are left to a contender which is durable, while one caller searches. */
  grow: { request: { readonly documentsPerBatch: number; readonly topK: number }; reply: Grown };
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
