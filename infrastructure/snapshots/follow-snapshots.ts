import { join } from "node:path";
import { PublishedSnapshots } from "../../application/published-snapshots.ts";
import type { Log } from "../../domain/log.ts";
import { type Application, ingestSample } from "../application.ts";
import type { Config } from "../config/load.ts";
import { ConfigError } from "../config/problems.ts";
import { watchSnapshots } from "../telemetry/snapshot-metrics.ts";
import { InstalledVersion } from "./installed-version.ts";
import { openObjectStore } from "./open-object-store.ts";
import { SnapshotFollower } from "./snapshot-follower.ts";

/** Folder of the data folder where snapshots are fetched to. */
const FETCHED = ".snapshots";

/**
 * Has every search of the config that names a `snapshot` follow it, from now on and not waited for: until the first one is
 * there such a search cannot be asked. Returns what ends that.
 * @throws ConfigError where a search cannot serve snapshots
 */
export async function followSnapshots(
  config: Config,
  application: Application,
  log: Log,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const followed = config.searches.filter(
    ({ name, snapshot }) => snapshot !== undefined && application.adapters.searches.includes(name),
  );
  if (followed.length === 0) return async () => undefined;
  const { adapters, metrics } = application;
  const looked = watchSnapshots(metrics.registry, () => adapters.status());
  const closings: (() => Promise<void>)[] = [];
  const close = async () => {
    await Promise.all(closings.map((close) => close()));
  };
  try {
    for (const { name, snapshot } of followed) {
      if (snapshot === undefined) continue;
      const search = adapters.followed(name);
      const { snapshots, corpus } = search;
      if (snapshots === undefined || corpus === undefined) {
        const field = `searches.${name}.snapshot`;
        throw new ConfigError(config.file, [{ field, message: "this search can neither make nor serve snapshots" }]);
      }
      const store = await openObjectStore(snapshot.url, config.region);
      const follower = new SnapshotFollower({
        search,
        published: new PublishedSnapshots(store),
        snapshots,
        installed: new InstalledVersion(join(config.dataDirectory, FETCHED, name), snapshot.url),
        everyMs: snapshot.everyMs,
        log,
        fillAlone: async (signal) => {
          if (config.sample?.corpus === name) await ingestSample(config, application, log, signal);
        },
        looked: (outcome) => looked(name, outcome),
      });
      closings.push(async () => {
        await follower.close();
        await store.close?.();
      });
      // A record that cannot be read is replaced by what is fetched.
      const { generation } = await corpus.describe(signal).catch(() => ({ generation: 0 }));
      await follower.start(generation > 0);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return close;
}
