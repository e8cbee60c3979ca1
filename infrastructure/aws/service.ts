import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Autoscaling } from "./autoscaling.ts";
import { CONTAINER_NAME, CONTAINER_PORT } from "./container-definition.ts";
import { LoadBalancer, listenerPorts } from "./load-balancer.ts";
import { deploymentMinutes, drainProblem, type ServerTimes } from "./request-times.ts";
import { SecurityGroups } from "./security-groups.ts";
import type { Settings } from "./settings.ts";
import { createTaskDefinition, type SecretVariable } from "./task-definition.ts";

export interface ServiceInputs {
  readonly settings: Settings;
  /** The config's `server`: every time that the load balancer and ECS wait for comes from it. */
  readonly server: ServerTimes;
  /** A `Network`. */
  readonly network: {
    readonly vpcId: pulumi.Input<string>;
    readonly vpcCidr: pulumi.Input<string>;
    readonly publicSubnetIds: pulumi.Input<readonly string[]>;
    readonly privateSubnetIds: pulumi.Input<readonly string[]>;
    readonly reachesOutside: boolean;
    readonly s3PrefixListId: pulumi.Input<string> | undefined;
  };
  readonly image: pulumi.Input<string>;
  readonly executionRoleArn: pulumi.Input<string>;
  readonly taskRoleArn: pulumi.Input<string>;
  readonly logGroupName: pulumi.Input<string>;
  readonly secrets: readonly SecretVariable[];
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
}

export interface ServiceOptions extends Omit<pulumi.ComponentResourceOptions, "dependsOn"> {
  /** What the tasks need beside what their inputs come from: the policies of their roles. Pulumi itself hands it on to no child. */
  readonly dependsOn?: pulumi.Resource[];
}

/** A task that starts reads its index first; ECS does not count its health checks until then. */
const GRACE_SECONDS = 300;

/** Where tasks run, what they are, and who reaches them. */
interface TaskPlace {
  readonly cluster: pulumi.Output<string>;
  readonly taskDefinition: pulumi.Output<string>;
  readonly targetGroupArn: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
}

/** The load balancer, the tasks behind it, and what decides how many they are. @throws RunError where the config's `server.shutdown_delay_ms` and `drain_ms` are longer than Fargate waits */
export class Service extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly loadBalancerArnSuffix: pulumi.Output<string>;
  readonly targetGroupArnSuffix: pulumi.Output<string>;
  readonly clusterArn: pulumi.Output<string>;
  readonly clusterName: pulumi.Output<string>;
  readonly serviceName: pulumi.Output<string>;
  readonly taskDefinitionArn: pulumi.Output<string>;

  constructor(name: string, inputs: ServiceInputs, options?: ServiceOptions) {
    super("pharos:aws:Service", name, {}, options);
    const problem = drainProblem(inputs.server);
    if (problem !== undefined) throw new pulumi.RunError(problem);
    const { settings, network } = inputs;
    const securityGroups = this.securityGroups(name, inputs);
    const internal = settings.allowedCidrs.length === 0;
    const loadBalancer = new LoadBalancer(
      name,
      {
        name: settings.name,
        vpcId: network.vpcId,
        subnetIds: internal ? network.privateSubnetIds : network.publicSubnetIds,
        securityGroupId: securityGroups.loadBalancerId,
        internal,
        containerPort: CONTAINER_PORT,
        certificateArn: settings.certificateArn,
        webAclArn: settings.webAclArn,
        server: inputs.server,
      },
      { parent: this },
    );
    const cluster = new aws.ecs.Cluster(
      settings.name,
      { settings: [{ name: "containerInsights", value: "enabled" }] },
      { parent: this },
    );
    // What the tasks tell of themselves bears the name that the autoscaling asks for.
    const environment = { ...settings.environment, ...inputs.environment, PHAROS_SERVICE: settings.name };
    const taskDefinition = createTaskDefinition(settings.name, { ...inputs, environment }, { parent: this });
    const dependsOn = [loadBalancer.listener, ...(options?.dependsOn ?? [])];
    const service = this.ecsService(
      inputs,
      {
        cluster: cluster.arn,
        taskDefinition: taskDefinition.arn,
        targetGroupArn: loadBalancer.targetGroupArn,
        securityGroupId: securityGroups.taskId,
      },
      dependsOn,
    );
    this.url = loadBalancer.url;
    this.loadBalancerArnSuffix = loadBalancer.arnSuffix;
    this.targetGroupArnSuffix = loadBalancer.targetGroupArnSuffix;
    this.clusterArn = cluster.arn;
    this.clusterName = cluster.name;
    this.serviceName = service.name;
    this.taskDefinitionArn = taskDefinition.arn;
    new Autoscaling(
      name,
      {
        settings,
        clusterName: this.clusterName,
        serviceName: this.serviceName,
        loadBalancerArnSuffix: this.loadBalancerArnSuffix,
        targetGroupArnSuffix: this.targetGroupArnSuffix,
      },
      { parent: this },
    );
    this.registerOutputs({ url: this.url });
  }

  private securityGroups(name: string, { settings, network }: ServiceInputs): SecurityGroups {
    const { vpcId, vpcCidr, reachesOutside, s3PrefixListId } = network;
    return new SecurityGroups(
      name,
      {
        name: settings.name,
        vpcId,
        vpcCidr,
        allowedCidrs: settings.allowedCidrs,
        listenerPorts: listenerPorts(settings.certificateArn),
        containerPort: CONTAINER_PORT,
        reachesOutside,
        s3PrefixListId,
      },
      { parent: this },
    );
  }

  private ecsService(
    { settings, server, network }: ServiceInputs,
    { cluster, taskDefinition, targetGroupArn, securityGroupId }: TaskPlace,
    dependsOn: pulumi.Resource[],
  ): aws.ecs.Service {
    const minutes = `${deploymentMinutes(server)}m`;
    return new aws.ecs.Service(
      settings.name,
      {
        // Its own name, without digits that Pulumi would add: the tasks' metrics bear it too.
        name: settings.name,
        cluster,
        taskDefinition,
        launchType: "FARGATE",
        desiredCount: settings.minTasks,
        networkConfiguration: {
          subnets: pulumi.output(network.privateSubnetIds).apply((ids) => [...ids]),
          securityGroups: [securityGroupId],
          assignPublicIp: false,
        },
        loadBalancers: [{ targetGroupArn, containerName: CONTAINER_NAME, containerPort: CONTAINER_PORT }],
        // New tasks are there before old ones go; where they do not become healthy, the old ones stay. No alarm rolls a deployment back: a
        // vendor that is down makes the service answer 5xx as well, whatever its revision.
        deploymentMinimumHealthyPercent: 100,
        deploymentMaximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
        healthCheckGracePeriodSeconds: GRACE_SECONDS,
        availabilityZoneRebalancing: "ENABLED",
        enableEcsManagedTags: true,
        propagateTags: "SERVICE",
        waitForSteadyState: true,
      },
      {
        parent: this,
        dependsOn,
        // That is the autoscaling's.
        ignoreChanges: ["desiredCount"],
        customTimeouts: { create: minutes, update: minutes, delete: minutes },
      },
    );
  }
}
