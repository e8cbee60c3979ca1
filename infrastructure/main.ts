import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { createApp } from "../adapters/inbound/http/app.ts";
import type { Log } from "../domain/log.ts";
import { type Application, buildApplication, ingestSample } from "./application.ts";
import { type Environment, readEnvironment } from "./config/environment.ts";
import { type Config, loadConfig } from "./config/load.ts";
import { ConfigError } from "./config/problems.ts";
import { httpSettings } from "./http-settings.ts";
import { keepAliveMs } from "./idle-timeout.ts";
import { chargeAccount } from "./keys/charge-account.ts";
import { isLoopback, refuseExposure } from "./keys/exposure.ts";
import { type Keys, openKeys } from "./keys/open-keys.ts";
import { logUsage } from "./metering/log-usage.ts";
import { checkAddress, type RunningServer, serve } from "./serve.ts";
import { SHUTDOWN_DELAY_MS } from "./shutdown-delay.ts";
import { followSnapshots } from "./snapshots/follow-snapshots.ts";
import { checkDataFolder, StartError } from "./start-error.ts";
import { BufferedLog } from "./telemetry/buffered-log.ts";
import { watchEventLoop } from "./telemetry/event-loop-delay.ts";
import { createLogger, standardError } from "./telemetry/logger.ts";
import { openCloudwatch } from "./telemetry/open-cloudwatch.ts";

/** A service that listens. */
export interface RunningService {
  /** Where it listens, with the port that it really got. */
  readonly url: string;
  /** Is not ready any more, at once, and takes requests meanwhile; resolves when load balancers have had time to notice. */
  withdraw(): Promise<void>;
  /** Refuses new requests, lets those under way finish within the config's drain time, then closes every adapter. */
  close(): Promise<void>;
}

/** Data folder -> config -> adapters -> sample -> listen. @throws StartError; ConfigError with every problem at once */
export async function startService(environment: Environment, log: Log): Promise<RunningService> {
  await checkDataFolder(environment.dataDirectory);
  const config = await loadConfig(environment);
  await checkAddress(addressOf(config));
  await refuseExposure(config);
  const application = await buildApplication(config, log);
  logUnavailable(application, log);
  application.usage.subscribe(logUsage(log));
  const stopping = new AbortController();
  let keys: Keys | undefined;
  let unfollow: (() => Promise<void>) | undefined;
  const unwatchEventLoop = watchEventLoop(application.metrics.registry);
  try {
    keys = await openKeys(config, log);
    if (keys !== undefined) limitAccounts(application, keys);
    warnOfUnpriced(config, keys, log);
    unfollow = await followSnapshots(config, application, log, stopping.signal);
    const sample = followsSnapshot(config) ? undefined : ingestSample(config, application, log, stopping.signal);
    loadVocabulary(application);
    await sample;
    const cloudwatch = openCloudwatch(config, application, log);
    const server = await listen(config, application, keys, log, () => stopping.signal.aborted);
    log.info(
      { url: server.url, models: application.adapters.models, searches: application.adapters.searches },
      "listening",
    );
    return {
      url: server.url,
      async withdraw() {
        stopping.abort();
        server.withdraw();
        await delay(await shutdownDelayMs(config), undefined, { ref: false });
      },
      async close() {
        stopping.abort();
        await server.close(config.server.drain_ms);
        await cloudwatch?.close();
        unwatchEventLoop();
        await unfollow?.();
        await application.close();
        await keys?.close();
      },
    };
  } catch (error) {
    unwatchEventLoop();
    await unfollow?.();
    await application.close();
    await keys?.close();
    throw error;
  }
}

/** Such a corpus gets the sample where nothing is published, and not before that is known. */
function followsSnapshot({ sample, searches }: Config): boolean {
  return searches.some(({ name, snapshot }) => snapshot !== undefined && name === sample?.corpus);
}

function listen(
  config: Config,
  application: Application,
  callers: Keys | undefined,
  log: Log,
  draining: () => boolean,
): Promise<RunningServer> {
  const { adapters, answers, chat, searchPassages, documents, metrics } = application;
  const status = () => adapters.status();
  const app = createApp({
    answers,
    chat,
    searchPassages,
    documents,
    adapters,
    status,
    draining,
    ...(callers === undefined ? {} : { callers }),
    log,
    metrics,
    settings: httpSettings(config),
  });
  return serve(app, { ...addressOf(config), keepAliveMs: keepAliveMs(config.server.deadline_ms) });
}

/** No load balancer stands before an address that only this machine reaches. */
async function shutdownDelayMs({ server }: Config): Promise<number> {
  return server.shutdown_delay_ms ?? ((await isLoopback(server.host)) ? 0 : SHUTDOWN_DELAY_MS);
}

function limitAccounts({ usage }: Application, { allowances }: Keys): void {
  usage.guard(allowances);
  usage.subscribe(chargeAccount(allowances));
}

/** A budget that some models do not count against should be no surprise. */
function warnOfUnpriced({ models }: Config, keys: Keys | undefined, log: Log): void {
  const unpriced = models
    .filter(({ targets }) => targets.some(({ price }) => price === undefined))
    .map(({ name }) => name);
  if (unpriced.length === 0 || !keys?.allowances.reports().some(({ budget }) => budget !== undefined)) return;
  log.warn({ models: unpriced }, "models without a price count against no budget");
}

function addressOf({ server }: Config) {
  return { hostname: server.host, port: server.port };
}

/** The tokenizer reads its vocabulary at its first count, a quarter of a second: not while a caller waits, but while the engine starts. */
function loadVocabulary({ tokenizer }: Application): void {
  tokenizer.count("ready");
}

function logUnavailable({ adapters }: Application, log: Log): void {
  for (const { kind, name, available, reason } of adapters.status()) {
    if (!available) log.warn({ kind, name, reason }, "left out");
  }
}

/** Serves until SIGTERM or SIGINT, then drains; the process ends with 1 where it cannot start. */
export async function main(): Promise<void> {
  const log = createLogger(new BufferedLog(standardError()));
  try {
    const service = await startService(readEnvironment(), log);
    const { first, second } = stopSignals();
    const signal = await first;
    log.info({ signal }, "draining");
    // Whoever interrupts a service, or tells it twice, does not want to wait.
    if (signal === "SIGTERM") await Promise.race([service.withdraw(), second]);
    await service.close();
    log.info({}, "stopped");
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StartError) process.stderr.write(`${error.message}\n`);
    else log.error({ error }, "cannot start");
    process.exitCode = 1;
  }
}

/** The first two signals to stop, by their names; a third ends the process at once. */
function stopSignals() {
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const waiting = [first, second];
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      const next = waiting.shift();
      if (next === undefined) process.exit(1);
      next.resolve(name);
    });
  }
  return { first: first.promise, second: second.promise };
}

if (import.meta.main) await main();
