import type { MetricObjectWithValues, MetricValue, Registry } from "prom-client";
import type { AdapterStatus } from "../../domain/health.ts";
import type { Log } from "../../domain/log.ts";

export interface CloudwatchParts {
  readonly namespace: string;
  /** Dimension `Service` of every metric. */
  readonly service: string;
  readonly registry: Registry;
  /** Adapter that is asked for a target of a model, or for a search. */
  readonly vendors: Vendors;
  readonly log: Log;
  status(): readonly AdapterStatus[];
}

/** Names of adapters, by what the config calls what they are behind. */
export interface Vendors {
  ofTarget(model: string, target: number): string;
  ofSearch(search: string): string;
}

const EVERY_MS = 60_000;
/** What asks the service how it is, and not for what it is there. */
const PROBES = /^\/(?:health\/.+|metrics)$/u;

/**
 * Writes what CloudWatch makes metrics of into the log, a line a minute and one at the end: the embedded metric format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html), so
 * that no call is made. Counts are those since the line before; a vendor that has throttled meanwhile has a line of its own.
 */
export class CloudwatchMetrics {
  private readonly parts: CloudwatchParts;
  private readonly timer: NodeJS.Timeout;
  private before = new Map<string, number>();
  private writing: Promise<void> = Promise.resolve();

  constructor(parts: CloudwatchParts, everyMs: number = EVERY_MS) {
    this.parts = parts;
    this.timer = setInterval(() => this.write(), everyMs);
    this.timer.unref();
  }

  /** Writes what was counted since the last line. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.write();
    await this.writing;
  }

  private write(): void {
    this.writing = this.writing.then(() => this.writeOnce());
  }

  private async writeOnce(): Promise<void> {
    const { registry, vendors, status } = this.parts;
    const values = async (name: string) => {
      const metric = (await registry.getSingleMetric(name)?.get()) as
        | MetricObjectWithValues<MetricValue<string>>
        | undefined;
      return metric?.values ?? [];
    };
    const requests = (await values("pharos_http_requests_total")).filter(
      ({ labels }) => !PROBES.test(String(labels.route)),
    );
    const failed = requests.filter(({ labels }) => Number(labels.status) >= 500);
    const throttles = [
      ...throttled(await values("pharos_completion_attempts_total"), ({ model, target }) =>
        vendors.ofTarget(String(model), Number(target)),
      ),
      ...throttled(await values("pharos_retrievals_total"), ({ search }) => vendors.ofSearch(String(search))),
    ];
    const streams = sum(await values("pharos_http_streams"));
    const since = new Map<string, number>();
    for (const [vendor, count] of throttles) since.set(vendor, (since.get(vendor) ?? 0) + count);
    const byVendor = [...since].map(
      ([vendor, total]) => [vendor, this.sinceBefore(`throttles ${vendor}`, total)] as const,
    );
    this.tell(["Service"], {
      OpenBreakers: openBreakers(status()),
      ConcurrentStreams: streams,
      VendorThrottles: byVendor.reduce((all, [, count]) => all + count, 0),
      Requests: this.sinceBefore("requests", sum(requests)),
      ServerErrors: this.sinceBefore("failed", sum(failed)),
    });
    for (const [Vendor, count] of byVendor)
      if (count > 0) this.tell(["Service", "Vendor"], { VendorThrottles: count }, { Vendor });
  }

  private sinceBefore(name: string, total: number): number {
    const count = total - (this.before.get(name) ?? 0);
    this.before.set(name, total);
    return count;
  }

  private tell(
    dimensions: readonly string[],
    metrics: Readonly<Record<string, number>>,
    values: Readonly<Record<string, string>> = {},
  ): void {
    const { namespace: Namespace, service: Service, log } = this.parts;
    const Metrics = Object.keys(metrics).map((Name) => ({ Name, Unit: "Count" }));
    const directive = { Namespace, Dimensions: [dimensions], Metrics };
    const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [directive] };
    log.info({ _aws, Service, ...values, ...metrics }, "metrics");
  }
}

type Value = MetricValue<string>;

function throttled(values: readonly Value[], vendorOf: (labels: Value["labels"]) => string) {
  return values
    .filter(({ labels }) => labels.outcome === "rate-limited")
    .map(({ labels, value }) => [vendorOf(labels), value] as const);
}

function sum(values: readonly Value[]): number {
  return values.reduce((all, { value }) => all + value, 0);
}

function openBreakers(status: readonly AdapterStatus[]): number {
  return status
    .flatMap(({ breaker, targets = [] }) => [breaker, ...targets.map((target) => target.breaker)])
    .filter((breaker) => breaker === "open").length;
}
