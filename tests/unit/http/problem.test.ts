import { Hono } from "hono";
import { expect, it } from "vitest";
import type { HttpEnvironment } from "../../../adapters/inbound/http/http-context.ts";
import { PROBLEMS, problemResponse } from "../../../adapters/inbound/http/problem.ts";
import { type ErrorCode, ServiceError } from "../../../domain/errors.ts";

async function answerTo(error: Error): Promise<Response> {
  const app = new Hono<HttpEnvironment>();
  app.onError(problemResponse);
  app.get("/", (context) => {
    context.set("requestId", "r1");
    throw error;
  });
  return app.request("/");
}

const codes = (Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]).filter(
  (code): code is ErrorCode => code !== "internal",
);

it.each(codes)("a ServiceError %s is answered by the table", async (code) => {
  const response = await answerTo(new ServiceError(code, "What happened."));
  const { status, title } = PROBLEMS[code];
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toEqual({
    type: `urn:pharos:error:${code}`,
    title,
    status,
    detail: "What happened.",
    code,
    request_id: "r1",
  });
});

it("lists the problems and the supported names only where there are any", async () => {
  const problems = [{ field: "prompt", message: "is missing" }];
  const response = await answerTo(new ServiceError("invalid-request", "No.", { problems, supported: [] }));
  expect(await response.json()).toMatchObject({ errors: problems, supported: [] });
});

it.each([
  [0, "0"],
  [1, "1"],
  [1_000, "1"],
  [1_001, "2"],
])("a wait of %d ms is a Retry-After of %s s", async (retryAfterMs, seconds) => {
  const response = await answerTo(new ServiceError("overloaded", "Full.", { retryAfterMs }));
  expect(response.headers.get("retry-after")).toBe(seconds);
});

it("an error that is no ServiceError tells nothing of itself", async () => {
  const response = await answerTo(new Error("postgres://user:password@host"));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("password");
});
