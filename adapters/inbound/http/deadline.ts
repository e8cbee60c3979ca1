import type { Handler } from "hono";
import { setDeadline } from "../../../domain/deadline.ts";
import { ServiceError } from "../../../domain/errors.ts";
import type { HttpContext, HttpEnvironment } from "./http-context.ts";

/** Answers a request; stops, and lets go of what it holds, when the signal aborts. */
export type BoundedHandler = (context: HttpContext, signal: AbortSignal) => Promise<Response>;

/**
 * Runs a handler under one signal, which aborts with the ServiceError that tells why: `timeout` when the deadline passes,
 * `cancelled` when the caller goes away, `shutting-down` when the server gives up waiting. The answer is then that
 * error's at once, even where the work under way ignores the signal. A stream has the signal until it ends; once it has
 * begun, it is the stream that tells the error.
 */
export function withDeadline(deadlineMs: number, handle: BoundedHandler): Handler<HttpEnvironment> {
  return async (context) => {
    const controller = new AbortController();
    setDeadline(controller.signal, performance.now() + deadlineMs);
    const aborted = Promise.withResolvers<never>();
    const abort = (error: ServiceError) => {
      if (context.get("streamEnd") === undefined) aborted.reject(error);
      controller.abort(error);
    };
    const cancel = () => abort(new ServiceError("cancelled", "The caller went away."));
    const giveUp = () =>
      abort(new ServiceError("shutting-down", "The service shuts down and could not finish.", { retryable: true }));
    const timer = setTimeout(() => abort(timeoutError(deadlineMs)), deadlineMs);
    const unwatchCaller = watchCaller(context, cancel);
    const unwatchServer = context.env?.abandonment?.watch(giveUp);
    const unwatch = () => {
      clearTimeout(timer);
      unwatchCaller();
      unwatchServer?.();
    };
    const endStream = () => {
      // Whoever noticed first that it broke: its work is to end, too.
      if (context.error !== undefined) cancel();
      unwatch();
    };
    try {
      return await Promise.race([aborted.promise, handle(context, controller.signal)]);
    } catch (thrown) {
      throw thrown instanceof Error ? thrown : new Error("Something was thrown that is no Error.", { cause: thrown });
    } finally {
      const streamEnd = context.get("streamEnd");
      if (streamEnd === undefined) unwatch();
      else void streamEnd.then(endStream);
    }
  };
}

/**
 * Calls back when the caller goes away, at once where it has gone already. Node's response tells of it without a signal that
 * would have to be made for each request.
 */
function watchCaller(context: HttpContext, gone: () => void): () => void {
  const outgoing = context.env?.direct?.outgoing;
  if (outgoing === undefined) {
    const { signal } = context.req.raw;
    signal.addEventListener("abort", gone);
    if (signal.aborted) gone();
    return () => signal.removeEventListener("abort", gone);
  }
  const closed = () => {
    if (!outgoing.writableFinished) gone();
  };
  outgoing.on("close", closed);
  if (outgoing.destroyed) closed();
  return () => outgoing.off("close", closed);
}

function timeoutError(deadlineMs: number): ServiceError {
  return new ServiceError("timeout", `The request took longer than its ${deadlineMs} ms.`, { retryable: true });
}
