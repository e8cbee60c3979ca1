import { once } from "node:events";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { Worker } from "node:worker_threads";
import { type FileContent, UnreadableError } from "./file-content.ts";
import { isSystemError } from "./file-tree.ts";
import { PARSERS } from "./formats.ts";
import type { FromParser, ParserSettings, ToParser } from "./parser-protocol.ts";

/** The process of the parsers: started with `fork`, it lives as long as its channel to the service. */
const MAX_REASON = 200;
const settings: ParserSettings = JSON.parse(process.argv[2] ?? "");
const watch = new Worker(new URL("./parser-watch.ts", import.meta.url), { workerData: settings });
const watching = once(watch, "message");

async function contentOf({ format, path }: ToParser): Promise<FileContent> {
  await watching;
  const parse = await PARSERS[format]();
  return parse(await readFile(path), path);
}

async function replyTo(file: ToParser): Promise<FromParser> {
  try {
    return { content: await contentOf(file), memoryBytes: process.memoryUsage().rss };
  } catch (error) {
    return { unreadable: reasonOf(error), memoryBytes: process.memoryUsage().rss };
  }
}

/** Parsers of others fail in ways of their own; whichever it is, it costs this file only. */
function reasonOf(error: unknown): string {
  if (error instanceof UnreadableError) return error.message;
  if (isSystemError(error)) return `The file cannot be read (${error.code}).`;
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `The file may be broken; its parser failed with ${words.replaceAll(/\s+/gu, " ").slice(0, MAX_REASON)}`;
}

// Ctrl-C reaches the whole group of processes: the service says when the parsers end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// What a parser leaves behind when it has failed; the file's failure is told already.
process.on("unhandledRejection", () => undefined);
process.on("disconnect", () => process.exit(0));
process.on("message", async (file: ToParser) => process.send?.(await replyTo(file)));
