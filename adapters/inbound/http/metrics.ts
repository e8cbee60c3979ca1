import type { Handler, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { HttpEnvironment } from "./http-context.ts";

/** Who is told of every request. */
export interface RequestRecorder {
  /** @param route the pattern that the address matched */
  answered(method: string, route: string, status: number, ms: number): void;
  /** An answer is streamed, until `end`, which never rejects. */
  streaming(end: Promise<void>): void;
}

/** What was counted and measured, in words that a scraper reads. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Callers may send any word as a method: what is not known counts as one. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);

/** Tells the recorder of each request when it is answered. */
export function requestMetrics(recorder: RequestRecorder): MiddlewareHandler<HttpEnvironment> {
  return async (context, next) => {
    const startedAt = performance.now();
    await next();
    const { method } = context.req;
    const known = METHODS.has(method) ? method : "other";
    const streamEnd = context.get("streamEnd");
    if (streamEnd !== undefined) recorder.streaming(streamEnd);
    recorder.answered(known, routePath(context, -1), context.res.status, performance.now() - startedAt);
  };
}

/** `GET /metrics`: for Prometheus. */
export function metrics(source: MetricsSource): Handler<HttpEnvironment> {
  return async (context) => context.body(await source.text(), 200, { "content-type": source.contentType });
}
