import { describe, expect, it } from "vitest";
import { PROBLEMS } from "../../adapters/inbound/http/problem.ts";
import { EventReader } from "../support/event-stream.ts";
import { codeOf, FAULTS, type Fault } from "../support/faults/faults.ts";
import { type FaultyService, questionTo, startFaultyService } from "../support/faults/faulty-service.ts";

/** Deadlines of a request: one that nothing here reaches, and one that is waited for. */
const LONG_MS = 120_000;
const SHORT_MS = 3_000;

const VENDORS = ["openai", "bedrock"] as const;
const WAYS = [
  ["in JSON", "application/json"],
  ["as events", "text/event-stream"],
] as const;

describe.each(WAYS)("a service whose vendors fail, asked to answer %s", (_, accept) => {
  it("tells every fault by its code and status, and leaves no call under way", async () => {
    await expectEvery(
      FAULTS.filter(({ stalls }) => stalls !== true),
      accept,
      LONG_MS,
    );
  });

  it("ends a vendor's silence at the deadline, and leaves no call under way", async () => {
    await expectEvery(
      FAULTS.filter(({ stalls }) => stalls === true),
      accept,
      SHORT_MS,
    );
  });
});

it("answers with the vendor's `retry-after`, where there is one", async () => {
  const { service } = await startFaultyService(LONG_MS);
  for (const vendor of VENDORS) {
    for (const fault of FAULTS.filter(({ code }) => code === "rate-limited")) {
      const response = await post(service, vendor, fault, "application/json");
      const { retryAfterMs } = fault;
      expect(response.headers.get("retry-after")).toBe(retryAfterMs === undefined ? null : String(retryAfterMs / 1000));
      await response.body?.cancel();
    }
  }
});

async function expectEvery(faults: readonly Fault[], accept: string, deadlineMs: number): Promise<void> {
  const { service, vendors } = await startFaultyService(deadlineMs);
  const cases = VENDORS.flatMap((vendor) => faults.map((fault) => ({ vendor, fault })));
  const problems = await Promise.all(cases.map(({ vendor, fault }) => ask(service, vendor, fault, accept)));
  const expected = cases.map(({ vendor, fault }) => {
    const code = codeOf(fault, vendor);
    return { vendor, fault: fault.name, code, status: PROBLEMS[code].status };
  });
  expect(problems).toEqual(expected);
  expect(JSON.stringify(service.log)).not.toMatch(/loopback-secret|LOOPBACKSECRET/u);
  for (const { loopback } of Object.values(vendors)) {
    await Promise.all(loopback.calls.map(({ over }) => over));
  }
}

async function ask(service: FaultyService["service"], vendor: (typeof VENDORS)[number], fault: Fault, accept: string) {
  const response = await post(service, vendor, fault, accept);
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
    const { code, status } = (await response.json()) as Readonly<Record<string, unknown>>;
    expect(response.status).toBe(status);
    return { vendor, fault: fault.name, code, status };
  }
  const last = (await new EventReader(response).rest()).at(-1);
  expect(last?.event).toBe("error");
  const { code, status } = JSON.parse(last?.data ?? "{}") as Readonly<Record<string, unknown>>;
  return { vendor, fault: fault.name, code, status };
}

function post({ url }: FaultyService["service"], vendor: (typeof VENDORS)[number], fault: Fault, accept: string) {
  return fetch(`${url}/generate`, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify(questionTo(vendor, fault)),
  });
}
