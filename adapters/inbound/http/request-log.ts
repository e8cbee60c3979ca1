import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { ServiceError } from "../../../domain/errors.ts";
import type { Log } from "../../../domain/log.ts";
import { setAnswerHeader } from "./answer-header.ts";
import type { HttpEnvironment } from "./http-context.ts";
import { statusOf } from "./problem.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";

/** Gives each request its id, in the answer's header too, and writes one line for it when it ends: a stream with its last byte. */
export function requestLog(log: Log): MiddlewareHandler<HttpEnvironment> {
  return async (context, next) => {
    const started = performance.now();
    const requestId = requestIdOf(context.req.header(REQUEST_ID_HEADER));
    context.set("requestId", requestId);
    setAnswerHeader(context, REQUEST_ID_HEADER, requestId);
    await next();
    const { status } = context.res;
    const write = () => {
      const { error } = context;
      const failed = error === undefined ? undefined : failureFields(error);
      const ms = Math.round((performance.now() - started) * 10) / 10;
      const { method } = context.req;
      const fields = {
        request_id: requestId,
        account: context.get("account"),
        method,
        route: routePath(context, -1),
        status,
        ms,
        ...failed,
      };
      if (error === undefined || statusOf(error) < 500) log.info(fields, "request");
      else log.error(fields, "request");
    };
    const streamEnd = context.get("streamEnd");
    if (streamEnd === undefined) write();
    else void streamEnd.then(write);
  };
}

/** The code; of a failure that is ours also what it was. Below 500 the message may quote the caller, so it stays out. */
function failureFields(error: Error) {
  if (!(error instanceof ServiceError)) return { code: "internal", error: stackOf(error) };
  if (statusOf(error) < 500) return { code: error.code };
  const { code, message, cause } = error;
  if (!(cause instanceof Error)) return { code, detail: message };
  // A vendor's words may quote the prompt; the record's failures do not.
  return { code, detail: message, cause: code === "storage-failed" ? cause.message : cause.name };
}

function stackOf({ stack, message, cause }: Error): string {
  const own = stack ?? message;
  return cause instanceof Error ? `${own}\ncaused by ${cause.message}` : own;
}
