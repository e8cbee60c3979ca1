/** The config's `server`, as far as the load balancer and ECS have to know it. */
export interface ServerTimes {
  /** What one request may take, a stream until its end included. */
  readonly deadlineMs: number;
  /** From SIGTERM until the requests under way are abandoned: what load balancers get to notice, and then the requests. */
  readonly shutdownMs: number;
}

/** What Fargate gives a container between SIGTERM and SIGKILL at most: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
export const STOP_TIMEOUT_SECONDS = 120;

/** What is left for abandoned requests to be told, and for the adapters to close. */
const CLOSING_SECONDS = 15;

/** A target group's own limit: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
const LONGEST_DEREGISTRATION_SECONDS = 3_600;

/**
 * Seconds for which a task that leaves still gets to answer what it was asked, and is asked nothing new: as long as any request may take.
 * ECS sends SIGTERM only after them, so that neither a deployment nor scaling in cuts a stream:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
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

/** What is wrong where Fargate would kill the service before it has drained; undefined where it would not. */
export function drainProblem({ shutdownMs }: ServerTimes): string | undefined {
  const longestMs = (STOP_TIMEOUT_SECONDS - CLOSING_SECONDS) * 1_000;
  return shutdownMs <= longestMs
    ? undefined
    : `server.shutdown_delay_ms and server.drain_ms of the config: together at most ${longestMs}, since Fargate kills a container ${STOP_TIMEOUT_SECONDS} s after SIGTERM`;
}
