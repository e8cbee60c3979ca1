import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { Abandonment } from "../../../adapters/inbound/http/abandonment.ts";
import { type BoundedHandler, withDeadline } from "../../../adapters/inbound/http/deadline.ts";
import type { HttpEnvironment } from "../../../adapters/inbound/http/http-context.ts";
import { ServiceError } from "../../../domain/errors.ts";

const LONG_MS = 60_000;

/** The error that a handler under this deadline ends with. */
async function failureOf(handle: BoundedHandler, request: Request, abandonment?: Abandonment): Promise<Error> {
  const failure = Promise.withResolvers<Error>();
  const app = new Hono<HttpEnvironment>();
  app.onError((error, context) => {
    failure.resolve(error);
    return context.body(null, 500);
  });
  app.get("/", withDeadline(LONG_MS, handle));
  await app.fetch(request, abandonment === undefined ? {} : { abandonment });
  return failure.promise;
}

const never: BoundedHandler = () => new Promise(() => {});
const url = "http://pharos/";

describe("withDeadline", () => {
  it("fails at once for a caller who is already gone", async () => {
    const failure = await failureOf(never, new Request(url, { signal: AbortSignal.abort() }));
    expect(failure).toMatchObject({ code: "cancelled" });
  });

  it("fails at once where the server has given up already", async () => {
    const abandonment = new Abandonment();
    abandonment.begin();
    const failure = await failureOf(never, new Request(url), abandonment);
    expect(failure).toMatchObject({ code: "shutting-down", retryable: true });
  });

  it("aborts with the very error that it fails with", async () => {
    const abandonment = new Abandonment();
    let reason: unknown;
    const handle: BoundedHandler = (_context, signal) =>
      new Promise(() => {
        signal.addEventListener("abort", () => {
          reason = signal.reason;
        });
        abandonment.begin();
      });
    const failure = await failureOf(handle, new Request(url), abandonment);
    expect(failure).toBeInstanceOf(ServiceError);
    expect(reason).toBe(failure);
  });

  it("makes an Error of whatever is thrown", async () => {
    const failure = await failureOf(() => Promise.reject("a text"), new Request(url));
    expect(failure).toBeInstanceOf(Error);
    expect(failure.cause).toBe("a text");
  });

  it("leaves nothing with the server behind", async () => {
    const abandonment = new Abandonment();
    const app = new Hono<HttpEnvironment>();
    app.get(
      "/",
      withDeadline(LONG_MS, async (context) => context.text(abandonment.isWatched ? "watched" : "unwatched")),
    );
    expect(await (await app.request(url, {}, { abandonment })).text()).toBe("watched");
    expect(abandonment.isWatched).toBe(false);
  });
});
