import { setTimeout } from "node:timers/promises";
import aws from "@pulumi/aws";
import pulumi from "@pulumi/pulumi";
import { checkRollout } from "./smoke-rollout.ts";
import { checkService, type Pause, type ServiceCheck, SmokeFailure } from "./smoke-service.ts";

/** What a stack deployed, to be checked. Everything here is known only once the service is steady. */
export interface SmokeInputs {
  /** The load balancer's. */
  readonly url: pulumi.Input<string>;
  /** Whether the machine that runs `pulumi up` is to ask the URL: an internal load balancer's it cannot. */
  readonly reachable: boolean;
  /** Its ARN or its name. */
  readonly clusterArn: pulumi.Input<string>;
  readonly serviceName: pulumi.Input<string>;
  readonly taskDefinitionArn: pulumi.Input<string>;
  /** Whether callers need a key. */
  readonly keysRequired: boolean;
  /** A caller's key with the scope `ask`, as a secret of the stack's config. */
  readonly key?: pulumi.Output<string> | undefined;
  /** A question that the corpus answers. Default: one that the sample corpus does. */
  readonly prompt?: string | undefined;
  /** Of the HTTPS listener: callers come by its name, and the load balancer has another one. */
  readonly certificateArn?: string | undefined;
}

/**
 * Checks after each `up` that what runs is what was deployed: the service runs our task definition, and its URL answers. A preview checks
 * nothing. What is wrong is thrown where nobody catches it, which fails the update and leaves what it made as it is: Pulumi deletes
 * nothing after a program that failed, the former task definition included.
 * @param options a provider, and a parent: the component of the service
 * @returns what was found, a sentence each; [] in a preview
 */
export function checkDeployment(
  inputs: SmokeInputs,
  options: pulumi.InvokeOptions = {},
  pause: Pause = setTimeout,
): pulumi.Output<readonly string[]> {
  const { clusterArn, serviceName, taskDefinitionArn, url, reachable, keysRequired, prompt } = inputs;
  const key: pulumi.Output<string | undefined> = inputs.key ?? pulumi.output(undefined);
  const known = pulumi.all([clusterArn, serviceName, taskDefinitionArn, url, certificateNameOf(inputs, options), key]);
  return pulumi
    .unsecret(known)
    .apply(async ([clusterArn, serviceName, taskDefinitionArn, url, certificateName, key]) => {
      if (pulumi.runtime.isDryRun()) return [];
      const check = { url, certificateName, keysRequired, key, prompt };
      const deployed = { clusterArn, serviceName, taskDefinitionArn, check, reachable };
      const found = await checkDeployed(deployed, options, pause);
      for (const sentence of found) await pulumi.log.info(sentence);
      return found;
    });
}

function certificateNameOf({ certificateArn, reachable }: SmokeInputs, options: pulumi.InvokeOptions) {
  return certificateArn === undefined || !reachable
    ? pulumi.output<string | undefined>(undefined)
    : aws.acm.Certificate.get("certificate", certificateArn, {}, options).domainName;
}

/** The same as SmokeInputs, once it is known. */
export interface Deployed {
  readonly clusterArn: string;
  readonly serviceName: string;
  readonly taskDefinitionArn: string;
  readonly check: ServiceCheck;
  readonly reachable: boolean;
}

/** @throws RunError without a stack: the program has ended by then, and Pulumi prints the stack of what fails afterwards */
export async function checkDeployed(
  { clusterArn, serviceName, taskDefinitionArn, check, reachable }: Deployed,
  options: pulumi.InvokeOptions,
  pause: Pause,
): Promise<readonly string[]> {
  try {
    const observe = () => aws.ecs.getService({ clusterArn, serviceName }, options);
    const rollout = await checkRollout(observe, taskDefinitionArn, pause);
    if (!reachable) return [rollout, `${check.url} is not asked from here.`];
    return [rollout, ...(await checkService(check, pause))];
  } catch (error) {
    if (!(error instanceof SmokeFailure)) throw error;
    const failure = new pulumi.RunError(`After the update: ${error.message}`);
    delete failure.stack;
    throw failure;
  }
}
