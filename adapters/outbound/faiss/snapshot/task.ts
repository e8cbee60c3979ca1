import type { ErrorCode, Problem } from "../../../../domain/errors.ts";
import type { Snapshot, SnapshotCheck } from "../../../../domain/ports/snapshot-port.ts";
import type { CreateTask } from "./create.ts";
import type { RestoreTask } from "./restore.ts";

/** What the process of a task is asked for, and answers. */
export interface SnapshotTasks {
  create: { task: CreateTask; result: Snapshot };
  restore: { task: RestoreTask; result: Snapshot };
  verify: { task: { readonly directory: string }; result: SnapshotCheck };
}

export type SnapshotTaskName = keyof SnapshotTasks;

/** The only message to the process. */
export type SnapshotTask = {
  [Name in SnapshotTaskName]: { readonly name: Name; readonly task: SnapshotTasks[Name]["task"] };
}[SnapshotTaskName];

/** The only message from it. A code `bug` has a stack as its message. */
export type SnapshotReply =
  | { readonly value: unknown; readonly error?: never }
  | { readonly error: SnapshotFailure; readonly value?: never };

export interface SnapshotFailure {
  readonly code: ErrorCode | "bug";
  readonly message: string;
  readonly retryable: boolean;
  readonly problems: readonly Problem[];
  /** For the log. */
  readonly cause?: string;
}
