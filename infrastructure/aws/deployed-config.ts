import { RunError } from "@pulumi/pulumi";
import { ConfigError } from "../config/problems.ts";
import { SHUTDOWN_DELAY_MS } from "../shutdown-delay.ts";
import { type DeployedConfig, loadDeployedConfig, type ModelNeeds, needsOf } from "./model-needs.ts";
import type { ServerTimes } from "./request-times.ts";

/** What the deployment is made after: the config that the service will have. @throws RunError that lists every problem of the config */
export async function readDeployedConfig(
  deployed: DeployedConfig,
): Promise<{ readonly needs: ModelNeeds; readonly server: ServerTimes }> {
  try {
    const config = await loadDeployedConfig(deployed);
    const { deadline_ms: deadlineMs, drain_ms, shutdown_delay_ms = SHUTDOWN_DELAY_MS } = config.server;
    const server = { deadlineMs, shutdownMs: shutdown_delay_ms + drain_ms };
    return { needs: needsOf(config, deployed.region), server };
  } catch (error) {
    throw error instanceof ConfigError ? new RunError(error.message) : error;
  }
}
