import type { Log } from "../../domain/log.ts";
import type { Application } from "../application.ts";
import type { Config } from "../config/load.ts";
import { CloudwatchMetrics, type Vendors } from "./cloudwatch-metrics.ts";

/** Begins to tell CloudWatch, where the config names the service. */
export function openCloudwatch(
  config: Config,
  { adapters, metrics }: Pick<Application, "adapters" | "metrics">,
  log: Log,
): CloudwatchMetrics | undefined {
  const { namespace, service } = config.metrics.cloudwatch;
  if (service === "") return undefined;
  const { registry } = metrics;
  return new CloudwatchMetrics({
    namespace,
    service,
    registry,
    vendors: vendorsOf(config),
    log,
    status: () => adapters.status(),
  });
}

/** Where a search has an embedder, its engine is no vendor: what is throttled is the embedder. */
function vendorsOf({ models, searches, embedders }: Config): Vendors {
  const targets = new Map(models.map(({ name, targets }) => [name, targets.map(({ adapter }) => adapter)]));
  const behind = new Map(embedders.map(({ name, adapter }) => [name, adapter]));
  const engines = new Map(searches.map(({ name, adapter, embedder }) => [name, behind.get(embedder ?? "") ?? adapter]));
  return {
    ofTarget: (model, target) => targets.get(model)?.[target] ?? model,
    ofSearch: (search) => engines.get(search) ?? search,
  };
}
