import { RunError } from "@pulumi/pulumi";

/** The config's `server`, as far as the load balancer and ECS have to know it. */
export interface ServerTimes {
  /** What one request may take, a stream until its end included. */
  readonly deadlineMs: number;
  /** What requests under way get after SIGTERM. */
  readonly drainMs: number;
}

/** What Fargate gives a container between SIGTERM and SIGKILL at most: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
export const STOP_TIMEOUT_SECONDS = 120;

/** After the requests, the adapters are closed. */
const CLOSING_SECONDS = 10;

/** A target group's own limit: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
const LONGEST_DEREGISTRATION_SECONDS = 3_600;

/**
 * Seconds for which a task that leaves still gets to answer what it was asked, and is asked nothing new: as long as any request may take.
 * ECS sends SIGTERM only after them, so that neither a deployment nor scaling in cuts a stream.
 */
export function deregistrationDelaySeconds({ deadlineMs }: ServerTimes): number {
  return Math.min(LONGEST_DEREGISTRATION_SECONDS, Math.ceil(deadlineMs / 1_000) + 10);
}

/**
 * Minutes after which `pulumi up` stops waiting for a deployment: three failing tasks in a row, after which the circuit breaker rolls
 * back, or a new task, and the old one's way out.
 */
export function deploymentMinutes(times: ServerTimes): number {
  return 30 + Math.ceil((deregistrationDelaySeconds(times) + STOP_TIMEOUT_SECONDS) / 60);
}

/** @throws RunError where Fargate would kill the service before it has drained */
export function checkDrain({ drainMs }: ServerTimes): void {
  const longestMs = (STOP_TIMEOUT_SECONDS - CLOSING_SECONDS) * 1_000;
  if (drainMs > longestMs)
    throw new RunError(
      `server.drain_ms of the config: must be at most ${longestMs}, since Fargate kills a container ${STOP_TIMEOUT_SECONDS} s after SIGTERM`,
    );
}
