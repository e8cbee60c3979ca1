import { setTimeout } from "node:timers/promises";
import aws from "@pulumi/aws";
import pulumi from "@pulumi/pulumi";
import { checkRollout } from "./smoke-rollout.ts";
import { checkService, type Pause, SmokeFailure } from "./smoke-service.ts";

/** What a stack deployed, to be checked. Everything here is known only once the service is steady. */
export interface SmokeInputs {
  /** The load balancer's. */
  readonly url: pulumi.Input<string>;
  /** Whether the machine that runs `pulumi up` reaches the URL: an internal load balancer's it does not. */
  readonly reachable: boolean;
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
 * @returns what was found, a sentence each; it stays unknown in a preview
 */
export function checkDeployment(
  inputs: SmokeInputs,
  options: pulumi.InvokeOptions = {},
  pause: Pause = setTimeout,
): pulumi.Output<readonly string[]> {
  const key: pulumi.Output<string | undefined> = inputs.key ?? pulumi.output(undefined);
  const { clusterArn, serviceName, taskDefinitionArn, url } = inputs;
  const known = pulumi.all([clusterArn, serviceName, taskDefinitionArn, url, certificateNameOf(inputs, options), key]);
  return pulumi.unsecret(known).apply(async ([clusterArn, serviceName, taskDefinitionArn, ...service]) => {
    if (pulumi.runtime.isDryRun()) return [];
    try {
      const observe = () => aws.ecs.getService({ clusterArn, serviceName }, options);
      const rollout = await checkRollout(observe, taskDefinitionArn, pause);
      const found = [rollout, ...(await askService(inputs, service, pause))];
      for (const sentence of found) await pulumi.log.info(sentence);
      return found;
    } catch (error) {
      throw error instanceof SmokeFailure ? new pulumi.RunError(`After the update: ${error.message}`) : error;
    }
  });
}

function certificateNameOf({ certificateArn }: SmokeInputs, options: pulumi.InvokeOptions) {
  return certificateArn === undefined
    ? pulumi.output<string | undefined>(undefined)
    : aws.acm.Certificate.get("certificate", certificateArn, {}, options).domainName;
}

async function askService(
  { reachable, keysRequired, prompt }: SmokeInputs,
  [url, certificateName, key]: readonly [url: string, certificateName: string | undefined, key: string | undefined],
  pause: Pause,
): Promise<readonly string[]> {
  if (!reachable) return [`${url} cannot be reached from here: it was not asked.`];
  return checkService({ url, keysRequired, key, prompt, certificateName }, pause);
}
