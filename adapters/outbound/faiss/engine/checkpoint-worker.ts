import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { CheckpointReply, CheckpointRequest, CheckpointSettings } from "./checkpoint-thread.ts";
import { giveWayToEventLoop } from "./thread-priority.ts";

giveWayToEventLoop();
const { path, copiedFrom }: CheckpointSettings = workerData;
const connection = new DatabaseSync(path);
connection.exec("PRAGMA synchronous = NORMAL");
const { page_size: pageBytes } = connection.prepare("PRAGMA page_size").get() as { page_size: number };
/** Pages of the log, and how many of them are in the file already; NOOP copies none (https://sqlite.org/pragma.html#pragma_wal_checkpoint). */
const look = connection.prepare("PRAGMA wal_checkpoint(NOOP)");
/** Waits for nobody and has nobody wait. */
const copy = connection.prepare("PRAGMA wal_checkpoint(PASSIVE)");

parentPort?.on("message", (request: CheckpointRequest) => {
  const { log, checkpointed } = look.get() as { log: number; checkpointed: number };
  if (request === "copy" || (log - checkpointed) * pageBytes >= copiedFrom) copy.get();
  parentPort?.postMessage({ request, logBytes: log * pageBytes } satisfies CheckpointReply);
});
