import process from "node:process";
import { ServiceError } from "../../../../domain/errors.ts";
import { isLocked } from "../engine/database.ts";
import { createSnapshot } from "./create.ts";
import { restoreSnapshot } from "./restore.ts";
import type { SnapshotFailure, SnapshotReply, SnapshotTask } from "./task.ts";
import { verifySnapshot } from "./verify.ts";

/** The process of one task, started with `fork`: long work of SQLite and the disk, and FAISS, which may end the process. */
function run(message: SnapshotTask): unknown {
  if (message.name === "create") return createSnapshot(message.task);
  if (message.name === "restore") return restoreSnapshot(message.task);
  return verifySnapshot(message.task.directory);
}

async function answer(message: SnapshotTask): Promise<SnapshotReply> {
  try {
    return { value: await run(message) };
  } catch (error) {
    return { error: failureOf(error, message) };
  }
}

/** ServiceErrors as they are; SQLite's and the file system's failures by their marks; whatever else is a bug. */
function failureOf(error: unknown, { name, task }: SnapshotTask): SnapshotFailure {
  if (error instanceof ServiceError) {
    const { code, message, retryable, problems } = error;
    return { code, message, retryable, problems };
  }
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const mark = error instanceof Error && "code" in error ? String(error.code) : "";
  const isStorage = error instanceof Error && ("syscall" in error || mark === "ERR_SQLITE_ERROR");
  if (!isStorage) return { code: "bug", message: "A snapshot met a bug.", retryable: false, problems: [], cause };
  const why = mark === "ERR_SQLITE_ERROR" ? `SQLite: ${error.message}` : mark;
  const doing = { create: "written to", restore: "restored from", verify: "read at" }[name];
  const message = `The snapshot cannot be ${doing} ${task.directory} (${why}).`;
  return { code: "storage-failed", message, retryable: isLocked(error), problems: [], cause };
}

process.on("message", async (message: SnapshotTask) => {
  const reply = await answer(message);
  process.send?.(reply, undefined, {}, () => process.exit(0));
});
process.on("disconnect", () => process.exit(1));
