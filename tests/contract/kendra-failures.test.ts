import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { FERRIES, openKendra } from "../support/opened-kendra.ts";

withAwsEnvironment(LOOPBACK_KEYS);
afterEach(() => vi.unstubAllEnvs());

describe("How KendraRetrieval fails", () => {
  const EXCEPTIONS = [
    ["ThrottlingException", 400, "rate-limited", true],
    ["AccessDeniedException", 400, "vendor-auth", false],
    ["UnrecognizedClientException", 400, "vendor-auth", false],
    ["ExpiredTokenException", 403, "vendor-auth", false],
    ["ResourceNotFoundException", 400, "vendor-rejected", false],
    ["ValidationException", 400, "vendor-rejected", false],
    ["ConflictException", 400, "vendor-rejected", false],
    ["ServiceQuotaExceededException", 400, "vendor-unavailable", false],
    ["InternalServerException", 500, "vendor-unavailable", true],
    ["ServiceUnavailable", 503, "vendor-unavailable", true],
    ["SomethingNewException", 400, "vendor-rejected", false],
    ["SomethingNewException", 429, "rate-limited", true],
    ["constructor", 500, "vendor-unavailable", true],
  ] as const;
  for (const [name, status, code, retryable] of EXCEPTIONS) {
    const attempts = code === "rate-limited" ? 4 : 1;
    it(`calls ${name} with status ${status} ${code}, after ${attempts} at most`, async () => {
      const { wire, failure } = await openKendra(FERRIES);
      wire.failNext({ kind: "exception", name, status });
      for (let again = 1; again < attempts; again++) wire.failNext({ kind: "exception", name, status });
      const error = await failure();
      expect(error).toMatchObject({ name: "ServiceError", code, retryable });
      expect(error.message).not.toContain("arn:aws");
      expect(wire.requests).toHaveLength(attempts);
    });
  }

  it("says how long Kendra asks to wait", async () => {
    const { wire, failure } = await openKendra(FERRIES);
    const throttle = (retryAfter: string) => {
      const headers = { "retry-after": retryAfter };
      for (let attempt = 0; attempt < 4; attempt++) {
        wire.failNext({ kind: "exception", name: "ThrottlingException", status: 400, headers });
      }
    };
    throttle("7");
    expect((await failure()).retryAfterMs).toBe(7_000);
    throttle("soon");
    expect((await failure()).retryAfterMs).toBeUndefined();
  });

  const REPLIES = [
    ["JSON that ends early", 200, '{"ResultItems": [', "vendor-reply-invalid"],
    ["a page of HTML", 200, "<html>", "vendor-reply-invalid"],
    ["results that are no list", 200, '{"ResultItems": "none"}', "vendor-reply-invalid"],
    ["a result that is no object", 200, '{"ResultItems": [7]}', "vendor-reply-invalid"],
    ["a result without a document", 200, '{"ResultItems": [{"Content": "Ferry."}]}', "vendor-reply-invalid"],
    ["a text that is a number", 200, '{"ResultItems": [{"DocumentId": "a", "Content": 7}]}', "vendor-reply-invalid"],
    [
      "a date that is none",
      200,
      '{"ResultItems": [{"DocumentId": "a", "Content": "b", "DocumentAttributes": [{"Key": "k", "Value": {"DateValue": "soon"}}]}]}',
      "vendor-reply-invalid",
    ],
    ["a gateway's 503 page", 503, "<html>", "vendor-unavailable"],
    ["a proxy's 403 page", 403, "<html>", "vendor-auth"],
  ] as const;
  for (const [what, status, body, code] of REPLIES) {
    it(`calls ${what} ${code}`, async () => {
      const { wire, failure } = await openKendra(FERRIES);
      wire.failNext({ kind: "body", status, body });
      expect(await failure()).toMatchObject({ name: "ServiceError", code });
    });
  }

  it("takes a reply without results for none found", async () => {
    const { wire, search } = await openKendra(FERRIES);
    wire.failNext({ kind: "body", status: 200, body: '{"QueryId": "q"}' });
    expect((await search()).passages).toEqual([]);
  });

  for (const kind of ["reset", "cut"] as const) {
    it(`calls a connection that is ${kind === "cut" ? "cut within the reply" : "reset"} vendor-unavailable, to be tried again`, async () => {
      const { wire, failure } = await openKendra(FERRIES);
      wire.failNext({ kind });
      expect(await failure()).toMatchObject({ name: "ServiceError", code: "vendor-unavailable", retryable: true });
    });
  }

  it("calls a server that is not there vendor-unavailable", async () => {
    const { wire, failure } = await openKendra(FERRIES);
    await wire.close();
    expect(await failure()).toMatchObject({ code: "vendor-unavailable", retryable: true });
  });

  it("says vendor-auth where there are no credentials at all", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    const { wire, failure } = await openKendra(FERRIES);
    expect(await failure()).toMatchObject({
      code: "vendor-auth",
      message: expect.stringContaining("No AWS credentials"),
    });
    expect(wire.requests).toEqual([]);
  });

  it("says vendor-rejected where the index is not the config's", async () => {
    const { failure } = await openKendra(FERRIES, { index_id: "another" });
    expect((await failure()).message).toContain("index_id");
  });
});

describe("How KendraRetrieval is cancelled", () => {
  it("closes the connection in the middle of a reply", async () => {
    const { wire, failure } = await openKendra(FERRIES);
    const stall = wire.stall("body");
    const controller = new AbortController();
    const failed = failure({}, controller.signal);
    await stall.reached;
    controller.abort();
    expect((await failed).code).toBe("cancelled");
    await stall.stopped;
  });

  it("does not wait for credentials", async () => {
    const asked = Promise.withResolvers<IncomingMessage>();
    const server = createServer((request) => asked.resolve(request)).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    const { port } = server.address() as AddressInfo;
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `http://127.0.0.1:${port}/credentials`);
    const { wire, failure } = await openKendra(FERRIES);
    const controller = new AbortController();
    const failed = failure({}, controller.signal);
    await asked.promise;
    controller.abort();
    expect((await failed).code).toBe("cancelled");
    expect(wire.requests).toEqual([]);
  });
});
