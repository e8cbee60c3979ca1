import module from "node:module";
import { ServiceError } from "../../../../domain/errors.ts";
import { SpaceGone, Superseded } from "./content.ts";
import type { Engine } from "./engine.ts";
import type { FromEngine, Operation, ToEngine, WireError } from "./protocol.ts";

/** The engine's process: started with `fork`, it lives as long as its channel to the service. */
const ORPHAN_CHECK_MS = 250;
const opened = Promise.withResolvers<Engine>();
const cancelled = new Set<number>();
const underWay = new Set<number>();

function send(message: FromEngine): void {
  process.send?.(message, undefined, {}, (error) => {
    if (error) process.exit(0);
  });
}

async function open({ open: settings, service }: Extract<ToEngine, { open: unknown }>): Promise<void> {
  // Deno does not always tell of a channel whose other end was killed.
  setInterval(() => process.ppid !== service && process.exit(0), ORPHAN_CHECK_MS);
  // Halves the time to start; Deno keeps a cache of its own.
  module.enableCompileCache?.();
  try {
    const { Engine } = await import("./engine.ts");
    const engine = await Engine.open(settings, {
      retire: () => send({ event: "retire" }),
      due: () => send({ event: "due" }),
      superseded: () => send({ event: "superseded" }),
      failed: (error) => send({ event: "trouble", error: wireError(error) }),
    });
    opened.resolve(engine);
    send(engine.space === undefined ? { event: "ready" } : { event: "ready", space: engine.space });
  } catch (error) {
    process.send?.({ event: "failed", error: wireError(error) } satisfies FromEngine, undefined, {}, () =>
      process.exit(1),
    );
  }
}

async function answer(message: Extract<ToEngine, { operation: Operation }>): Promise<void> {
  const { id, operation, request } = message;
  const engine = await opened.promise;
  underWay.add(id);
  try {
    const handler = engine.handlers[operation] as (request: unknown, isCancelled: () => boolean) => unknown;
    send({ id, value: await handler(request, () => cancelled.has(id)) });
  } catch (error) {
    send({ id, error: wireError(error) });
  } finally {
    underWay.delete(id);
    cancelled.delete(id);
  }
}

async function close(): Promise<void> {
  try {
    await (await opened.promise).close();
  } finally {
    process.exit(0);
  }
}

/** ServiceErrors as they are; SQLite's and the file system's failures by their marks; whatever else is a bug. */
function wireError(error: unknown): WireError {
  if (error instanceof ServiceError) {
    const { code, message, retryable } = error;
    return { code, message, retryable };
  }
  if (error instanceof Superseded) return { code: "superseded", message: error.message, retryable: true };
  if (error instanceof SpaceGone) return { code: "space-gone", message: error.message, retryable: true };
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof Error && (("code" in error && error.code === "ERR_SQLITE_ERROR") || "syscall" in error)) {
    return {
      code: "storage-failed",
      message: "The record of the corpus cannot be read or written.",
      retryable: true,
      cause,
    };
  }
  return { code: "bug", message: "The engine met a bug.", retryable: false, cause };
}

// Ctrl-C reaches the whole group of processes: the service says when the engine ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToEngine) => {
  if ("open" in message) void open(message);
  else if ("operation" in message) void answer(message);
  else if ("cancel" in message && underWay.has(message.cancel)) cancelled.add(message.cancel);
  else if ("ping" in message) send({ event: "alive" });
  else if ("close" in message) void close();
});
