import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./settings.ts";

export interface AutoscalingInputs {
  readonly settings: Pick<Settings, "name" | "cpu" | "minTasks" | "maxTasks">;
  readonly clusterName: pulumi.Input<string>;
  readonly serviceName: pulumi.Input<string>;
  readonly loadBalancerArnSuffix: pulumi.Input<string>;
  readonly targetGroupArnSuffix: pulumi.Input<string>;
}

/** What one task is to carry on average: above one of them tasks are added, and below all three some are taken away. */
export interface ScalingTargets {
  readonly cpuPercent: number;
  /** Requests a minute. */
  readonly requestsPerMinute: number;
  /** Streams at one time. */
  readonly concurrentStreams: number;
}

/**
 * Where a task is well used and has room for the minutes that a new one takes: about a hundredth of the requests and streams that a core
 * carries in docs/performance.md. Where the service works, the CPU speaks first; the other two are for callers who wait for a vendor: they
 * cost next to nothing, and would all be cut off together.
 * @param cpu CPU units, 1,024 a core
 */
export function scalingTargets(cpu: number): ScalingTargets {
  const cores = cpu / 1_024;
  return { cpuPercent: 60, requestsPerMinute: 6_000 * cores, concurrentStreams: 500 * cores };
}

/** Tasks are added within minutes, and taken away slowly: each one that goes has streams to end. */
const COOLDOWNS = { scaleOutCooldown: 60, scaleInCooldown: 600 };

type Tracking = Omit<
  aws.types.input.appautoscaling.PolicyTargetTrackingScalingPolicyConfiguration,
  "scaleInCooldown" | "scaleOutCooldown"
>;

/** Keeps as many tasks as there is work for, from `minTasks` to `maxTasks`. */
export class Autoscaling extends pulumi.ComponentResource {
  constructor(name: string, inputs: AutoscalingInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:Autoscaling", name, {}, options);
    const { settings, clusterName, serviceName, loadBalancerArnSuffix, targetGroupArnSuffix } = inputs;
    const target = new aws.appautoscaling.Target(
      settings.name,
      {
        minCapacity: settings.minTasks,
        maxCapacity: settings.maxTasks,
        resourceId: pulumi.interpolate`service/${clusterName}/${serviceName}`,
        scalableDimension: "ecs:service:DesiredCount",
        serviceNamespace: "ecs",
      },
      { parent: this },
    );
    const { cpuPercent, requestsPerMinute, concurrentStreams } = scalingTargets(settings.cpu);
    this.track(`${settings.name}-cpu`, target, {
      targetValue: cpuPercent,
      predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
    });
    // Where nobody asks, the load balancer counts nothing, and a policy without data keeps every task. So this one only adds tasks, and the
    // tasks' own count, which is told at zero too, has a say in taking them away.
    this.track(`${settings.name}-requests`, target, {
      targetValue: requestsPerMinute,
      disableScaleIn: true,
      predefinedMetricSpecification: {
        predefinedMetricType: "ALBRequestCountPerTarget",
        resourceLabel: pulumi.interpolate`${loadBalancerArnSuffix}/${targetGroupArnSuffix}`,
      },
    });
    this.track(`${settings.name}-own-requests`, target, {
      targetValue: requestsPerMinute,
      customizedMetricSpecification: ofOneTask("Requests", settings.name),
    });
    this.track(`${settings.name}-streams`, target, {
      targetValue: concurrentStreams,
      customizedMetricSpecification: ofOneTask("ConcurrentStreams", settings.name),
    });
    this.registerOutputs();
  }

  private track(name: string, target: aws.appautoscaling.Target, tracking: Tracking): void {
    new aws.appautoscaling.Policy(
      name,
      {
        policyType: "TargetTrackingScaling",
        resourceId: target.resourceId,
        scalableDimension: target.scalableDimension,
        serviceNamespace: target.serviceNamespace,
        targetTrackingScalingPolicyConfiguration: { ...tracking, ...COOLDOWNS },
      },
      { parent: this },
    );
  }
}

/** What the tasks tell of themselves, each once a minute: the average of what they tell is that of a task. */
function ofOneTask(metricName: string, service: string) {
  return {
    namespace: "Pharos",
    metricName,
    dimensions: [{ name: "Service", value: service }],
    statistic: "Average",
  };
}
