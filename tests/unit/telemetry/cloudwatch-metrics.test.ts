import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { AdapterStatus } from "../../../domain/health.ts";
import type { Log } from "../../../domain/log.ts";
import { CloudwatchMetrics } from "../../../infrastructure/telemetry/cloudwatch-metrics.ts";
import { createLogger } from "../../../infrastructure/telemetry/logger.ts";
import { Metrics } from "../../../infrastructure/telemetry/metrics.ts";

const text = { type: "string", minLength: 1 } as const;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
const EMBEDDED_METRIC_FORMAT = {
  type: "object",
  required: ["_aws"],
  properties: {
    _aws: {
      type: "object",
      required: ["Timestamp", "CloudWatchMetrics"],
      additionalProperties: false,
      properties: {
        Timestamp: { type: "integer" },
        CloudWatchMetrics: {
          type: "array",
          items: {
            type: "object",
            required: ["Namespace", "Dimensions", "Metrics"],
            additionalProperties: false,
            properties: {
              Namespace: { ...text, maxLength: 1_024 },
              Dimensions: {
                type: "array",
                minItems: 1,
                items: { type: "array", maxItems: 30, items: { ...text, maxLength: 250 } },
              },
              Metrics: {
                type: "array",
                maxItems: 100,
                items: {
                  type: "object",
                  required: ["Name"],
                  additionalProperties: false,
                  properties: { Name: { ...text, maxLength: 1_024 }, Unit: { enum: ["Count"] } },
                },
              },
            },
          },
        },
      },
    },
  },
} as const;

const line = z.fromJSONSchema(EMBEDDED_METRIC_FORMAT as never);

type Line = Record<string, unknown> & {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
};

/** The service's metrics, told to a log that keeps what it writes. */
function scene(status: readonly AdapterStatus[] = [], everyMs = 3_600_000) {
  const lines: Line[] = [];
  const written: (() => void)[] = [];
  const log: Log = createLogger({
    write(text: string) {
      lines.push(JSON.parse(text));
      for (const tell of written.splice(0)) tell();
    },
  });
  const metrics = new Metrics();
  const told = new CloudwatchMetrics(
    {
      namespace: "Pharos",
      service: "lighthouse",
      registry: metrics.registry,
      vendors: { ofTarget: (model) => `${model}-vendor`, ofSearch: () => "bedrock" },
      log,
      status: () => status,
    },
    everyMs,
  );
  return { lines, metrics, told, written: () => new Promise<void>((resolve) => written.push(resolve)) };
}

/** What CloudWatch takes out of a line: every metric has a number there, and every dimension a text. */
function extracted(told: Line): Readonly<Record<string, unknown>> {
  expect(line.safeParse(told).error).toBeUndefined();
  const [directive, ...more] = told._aws.CloudWatchMetrics;
  expect(more).toEqual([]);
  const dimensions = directive?.Dimensions.flat() ?? [];
  const names = directive?.Metrics.map(({ Name }) => Name) ?? [];
  for (const name of dimensions) expect(told[name]).toEqual(expect.stringMatching(/^[\x21-\x7e]+$/u));
  for (const name of names) expect(told[name]).toEqual(expect.any(Number));
  return Object.fromEntries([...dimensions, ...names].map((name) => [name, told[name]]));
}

describe("what CloudWatch is told", () => {
  it("is a line that it makes metrics of, with what was counted since the line before", async () => {
    const { lines, metrics, told, written } = scene([], 10);
    await written();
    expect(extracted(lines[0] as Line)).toEqual({
      Service: "lighthouse",
      OpenBreakers: 0,
      ConcurrentStreams: 0,
      VendorThrottles: 0,
      Requests: 0,
      ServerErrors: 0,
    });
    metrics.requests.answered("POST", "/generate", 200, 12);
    metrics.requests.answered("POST", "/generate", 502, 12);
    metrics.requests.answered("POST", "/search", 404, 12);
    await told.close();
    const sums = (name: string) => lines.reduce((sum, told) => sum + Number(extracted(told)[name] ?? 0), 0);
    expect([sums("Requests"), sums("ServerErrors")]).toEqual([3, 1]);
  });

  it("counts no question after the service's health, which load balancers ask all the time", async () => {
    const { lines, metrics, told } = scene();
    for (const route of ["/health/live", "/health/ready", "/metrics"]) metrics.requests.answered("GET", route, 503, 1);
    await told.close();
    expect(lines.map(extracted)).toEqual([expect.objectContaining({ Requests: 0, ServerErrors: 0 })]);
  });

  it("has the breakers that are open and the streams under way at the moment", async () => {
    const targets = [
      { adapter: "openai", breaker: "open", inFlight: 0 },
      { adapter: "bedrock", breaker: "half-open", inFlight: 0 },
    ] as const;
    const { lines, metrics, told } = scene([
      { kind: "model", name: "m", available: true, targets },
      { kind: "search", name: "s", available: true, breaker: "open" },
    ]);
    const over = Promise.withResolvers<void>();
    metrics.requests.streaming(over.promise);
    metrics.requests.streaming(new Promise(() => {}));
    over.resolve();
    await told.close();
    expect(lines.map(extracted)).toEqual([expect.objectContaining({ OpenBreakers: 2, ConcurrentStreams: 1 })]);
  });

  it("tells of each vendor that throttled in a line of its own, and of all in the service's", async () => {
    const { lines, metrics, told } = scene();
    metrics.completions.attemptEnded({ model: "one", label: "0" }, "rate-limited", 5);
    metrics.completions.attemptEnded({ model: "one", label: "0" }, "answered", 5);
    metrics.completions.attemptEnded({ model: "two", label: "1" }, "rate-limited", 5);
    metrics.retrievals.retrieved("s", "rate-limited", 5);
    metrics.retrievals.retrieved("s", "timeout", 5);
    await told.close();
    const [all, ...vendors] = lines.map(extracted);
    expect(all).toMatchObject({ VendorThrottles: 3 });
    expect(vendors).toEqual([
      { Service: "lighthouse", Vendor: "one-vendor", VendorThrottles: 1 },
      { Service: "lighthouse", Vendor: "two-vendor", VendorThrottles: 1 },
      { Service: "lighthouse", Vendor: "bedrock", VendorThrottles: 1 },
    ]);
  });
});
