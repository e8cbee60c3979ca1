import { type Pause, SmokeFailure } from "./smoke-service.ts";

/** A service of ECS as it runs: what `aws.ecs.getService` says of it, or DescribeServices. */
export interface ObservedService {
  readonly deployments: readonly ObservedDeployment[];
  /** Latest first. */
  readonly events: readonly { readonly message: string }[];
}

export interface ObservedDeployment {
  /** `PRIMARY` is the one that ECS works towards: after a rollback that is the former one. */
  readonly status: string;
  /** ARN, with its revision. */
  readonly taskDefinition: string;
  readonly desiredCount: number;
  readonly runningCount: number;
}

const ATTEMPTS = 60;
const PAUSE_MS = 5_000;
/** As many of the service's latest events as a failure tells. */
const EVENTS = 3;

/**
 * Waits until the service runs our task definition alone, with every task that it wants: at most 60 looks, 5 s apart. A deployment that
 * the circuit breaker rolled back is one that is steady too, and is told as done: hashicorp/terraform-provider-aws issue 19519.
 * @returns what was found, in a sentence
 * @throws SmokeFailure where another task definition runs, or where ours does not come to run
 */
export async function checkRollout(
  observe: () => Promise<ObservedService>,
  taskDefinitionArn: string,
  pause: Pause,
): Promise<string> {
  let last: ObservedService | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (attempt > 1) await pause(PAUSE_MS);
    last = await observe();
    const primary = last.deployments.find(({ status }) => status === "PRIMARY");
    if (primary?.taskDefinition !== taskDefinitionArn)
      throw new SmokeFailure(
        `The service runs ${nameOf(primary?.taskDefinition)} and not ${nameOf(taskDefinitionArn)}: ` +
          `the deployment was rolled back. ${eventsOf(last)}`,
      );
    const { desiredCount, runningCount } = primary;
    if (last.deployments.length === 1 && desiredCount > 0 && runningCount === desiredCount)
      return `The service runs ${nameOf(taskDefinitionArn)} with ${runningCount} of ${desiredCount} tasks.`;
  }
  throw new SmokeFailure(`${nameOf(taskDefinitionArn)} does not come to run alone. ${last ? eventsOf(last) : ""}`);
}

/** `pharos:7` of `arn:aws:ecs:eu-central-1:123456789012:task-definition/pharos:7`. */
function nameOf(arn: string | undefined): string {
  return arn === undefined ? "no task definition" : (arn.split("/").at(-1) ?? arn);
}

function eventsOf({ events }: ObservedService): string {
  const messages = events.slice(0, EVENTS).map(({ message }) => message);
  return messages.length === 0 ? "" : `The service's latest events: ${messages.join(" | ")}`;
}
