import { throwIfAborted } from "../../../domain/errors.ts";
import type { HttpContext } from "./http-context.ts";

/**
 * Answers with 200 and JSON, straight on Node's response: one of the Fetch API's would be taken apart again. Headers are to be
 * set before, by `setAnswerHeader`. @throws ServiceError the signal's own, which is then the answer
 */
export function jsonResponse(context: HttpContext, body: unknown, signal: AbortSignal): Response {
  const text = JSON.stringify(body);
  throwIfAborted(signal);
  const { outgoing, written } = context.env.direct;
  outgoing.writeHead(200, { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) });
  outgoing.end(text);
  return written;
}
