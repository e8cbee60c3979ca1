import { readFile } from "node:fs/promises";
import { expect, it, onTestFinished } from "vitest";
import { watchBreakers } from "../../../infrastructure/telemetry/breaker-metrics.ts";
import { watchEventLoop } from "../../../infrastructure/telemetry/event-loop-delay.ts";
import { Metrics } from "../../../infrastructure/telemetry/metrics.ts";
import { watchSnapshots } from "../../../infrastructure/telemetry/snapshot-metrics.ts";
import { countUsage } from "../../../infrastructure/telemetry/usage-metrics.ts";

it.each(["docs/resilience.md", "docs/zh/resilience.md"])(
  "%s lists every metric with its labels, and no other",
  async (path) => {
    const { registry } = new Metrics();
    watchBreakers(registry, () => []);
    countUsage(registry);
    watchSnapshots(registry, () => []);
    onTestFinished(watchEventLoop(registry));
    const page = await readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `(pharos_\w+)` \|([^|]*)\|/gmu)];
    const told = rows.map(([, name, labels = ""]) => [
      name,
      [...labels.matchAll(/`(\w+)`/gu)].map(([, label]) => label),
    ]);
    const made = registry.getMetricsAsArray().map((metric) => [metric.name, labelsOf(metric)]);
    expect(told.toSorted()).toEqual(made.toSorted());
  },
);

/** prom-client keeps them, but its types do not tell. */
function labelsOf(metric: object): unknown {
  return (metric as { readonly labelNames: unknown }).labelNames;
}
