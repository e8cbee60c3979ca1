import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { RequestRecorder } from "../../adapters/inbound/http/metrics.ts";

const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Requests over HTTP. */
export class RequestMetrics implements RequestRecorder {
  private readonly requests: Counter<"method" | "route" | "status">;
  private readonly durations: Histogram<"route">;
  private readonly streams: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: "pharos_http_requests_total",
      help: "Requests that were answered, by the pattern of their route.",
      labelNames: ["method", "route", "status"],
      registers,
    });
    this.durations = new Histogram({
      name: "pharos_http_request_duration_seconds",
      help: "Time from a request to its answer, or to the head of one that is streamed.",
      labelNames: ["route"],
      buckets: BUCKETS_S,
      registers,
    });
    this.streams = new Gauge({ name: "pharos_http_streams", help: "Answers that are being streamed.", registers });
  }

  answered(method: string, route: string, status: number, ms: number): void {
    this.requests.inc({ method, route, status });
    this.durations.observe({ route }, ms / 1000);
  }

  streaming(end: Promise<void>): void {
    this.streams.inc();
    void end.then(() => this.streams.dec());
  }
}
