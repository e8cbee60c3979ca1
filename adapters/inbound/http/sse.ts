import { throwIfAborted } from "../../../domain/errors.ts";
import { EventPump, type PumpOptions } from "./event-pump.ts";
import type { HttpContext } from "./http-context.ts";
import { NodeSink } from "./stream-sinks.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  // nginx and its kin keep what they proxy until a buffer is full: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
  "x-accel-buffering": "no",
};

/**
 * Answers with server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). The head goes out with the
 * first frame, so whatever fails before rejects, and is answered as on any other route; headers are to be set before, by `setAnswerHeader`. The
 * promise resolves when the stream has begun; `context.get("streamEnd")` tells its end. The events are advanced only while the
 * reader keeps up, and left early when the signal aborts or the reader goes away. To be called under `withDeadline`.
 * @throws ServiceError as the events do; the signal's own
 */
export async function sseResponse<Event>(
  context: HttpContext,
  events: AsyncIterable<Event>,
  options: PumpOptions<Event>,
): Promise<Response> {
  const iterator = events[Symbol.asyncIterator]();
  let text: string;
  try {
    text = await firstFrame(iterator, options);
    // From here on nothing is awaited: either the signal's error is the answer, or the stream is.
    throwIfAborted(options.signal);
  } catch (error) {
    iterator.return?.().catch(() => undefined);
    throw error;
  }
  const pump = new EventPump(iterator, options);
  const { outgoing, written } = context.env.direct;
  context.set("streamEnd", endOf(pump, context));
  pump.start(new NodeSink(outgoing, HEADERS, pump), text);
  return written;
}

/** One event as a frame; JSON holds no line break, so its data is one line. */
export function eventFrame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

async function firstFrame<Event>(events: AsyncIterator<Event>, { frame }: PumpOptions<Event>): Promise<string> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error("The events ended before the first frame.");
    const text = frame(value);
    if (text !== "") return text;
  }
}

async function endOf<Event>(pump: EventPump<Event>, context: HttpContext): Promise<void> {
  await pump.ended;
  if (pump.error !== undefined) context.error = pump.error;
}
