import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import type { ParserSettings } from "./parser-protocol.ts";

/**
 * A thread beside the parsers, which they cannot keep from running: it kills the process that takes too much memory, and
 * the one whose service is gone.
 */
const CHECK_MS = 50;
const { service, maxMemoryBytes }: ParserSettings = workerData;

setInterval(() => {
  if (process.memoryUsage().rss > maxMemoryBytes || process.ppid !== service) process.kill(process.pid, "SIGKILL");
}, CHECK_MS);
parentPort?.postMessage("watching");
