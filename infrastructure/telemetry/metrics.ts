import { Registry } from "prom-client";
import { CompletionMetrics } from "./completion-metrics.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { RetrievalMetrics } from "./retrieval-metrics.ts";

/**
 * What the service counts and measures, for Prometheus. Whoever has something of its own to count makes a metric of
 * prom-client's on `registry`, with labels whose values are few: names of the config, codes, patterns of routes.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new RequestMetrics(this.registry);
  readonly completions = new CompletionMetrics(this.registry);
  readonly retrievals = new RetrievalMetrics(this.registry);
  /** Of what `text` gives. */
  readonly contentType = this.registry.contentType;

  /** Everything, in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
