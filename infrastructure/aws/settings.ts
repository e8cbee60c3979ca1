/** CPU architectures that the image is built for and Fargate has. */
export type Architecture = "arm64" | "amd64";

/** The network that the stack makes, or one that is there. */
export type NetworkSettings =
  | { readonly kind: "new"; readonly cidr: string; readonly zones: number }
  | {
      readonly kind: "existing";
      readonly vpcId: string;
      /** At least two, in two zones: the tasks. */
      readonly privateSubnetIds: readonly string[];
      /** At least two, in two zones: the load balancer. */
      readonly publicSubnetIds: readonly string[];
    };

/** What `pulumi config` says, checked and with its defaults. */
export interface Settings {
  /** Begins the name of every resource: 1 to 24 lower-case letters, digits and hyphens, a letter first. */
  readonly name: string;
  readonly region: string;
  /** Tasks at least and at most: 1 <= minTasks <= maxTasks <= 100. */
  readonly minTasks: number;
  readonly maxTasks: number;
  /** CPU units (1,024 are one core) and MiB of memory: a pair that Fargate has. */
  readonly cpu: number;
  readonly memory: number;
  readonly architecture: Architecture;
  /** An image that is there already, by digest or tag; without it the stack builds one. */
  readonly imageUri?: string;
  /** ARN of the certificate of the HTTPS listener; without it the listener speaks HTTP. */
  readonly certificateArn?: string;
  /** IPv4 ranges that may reach the load balancer; [] makes the load balancer internal, open to the VPC's own range. */
  readonly allowedCidrs: readonly string[];
  readonly network: NetworkSettings;
  /** Names of secrets of Secrets Manager, by the variables of the environment that get their values. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Name of the secret whose value is the `keys` of the callers, as hashes: docs/keys.md. */
  readonly keysSecret?: string;
  /** More variables of the container's environment, none of them secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** ARN of the SNS topic that the alarms tell. */
  readonly alarmTopicArn?: string;
  /** ARN of a web ACL for the load balancer. */
  readonly webAclArn?: string;
  readonly logRetentionDays: number;
  readonly smoke: SmokeSettings;
}

/** How a deployment is checked after each `up`. */
export interface SmokeSettings {
  /** `service` asks the load balancer's URL; `rollout` looks only at what ECS runs, where whoever deploys does not reach the URL. */
  readonly test: "service" | "rollout";
  /** A caller's key that may ask: without it, and with `keysSecret`, only a refusal is tested. */
  readonly key?: string;
  /** A question that the corpus answers; default: one about the sample. */
  readonly prompt?: string;
}
