import type { Input } from "@pulumi/pulumi";

/** What the metrics of a deployment are told apart by. */
export interface WatchedDeployment {
  /** Value of the dimension Service of what Pharos tells itself: PHAROS_SERVICE. */
  readonly name: string;
  /** `app/NAME/ID` and `targetgroup/NAME/ID`. */
  readonly loadBalancerArnSuffix: Input<string>;
  readonly targetGroupArnSuffix: Input<string>;
  readonly clusterName: Input<string>;
  readonly serviceName: Input<string>;
}

/** A metric of CloudWatch. */
export interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, Input<string>>>;
  /** How the values of a period become one: Sum, Maximum, p99. */
  readonly stat: string;
}

/** The metrics that the alarms and the dashboard of a deployment are about. */
export function watchedMetrics(deployment: WatchedDeployment) {
  const { name, loadBalancerArnSuffix, targetGroupArnSuffix, clusterName, serviceName } = deployment;
  const balancer = { LoadBalancer: loadBalancerArnSuffix };
  const targets = { ...balancer, TargetGroup: targetGroupArnSuffix };
  const tasks = { ClusterName: clusterName, ServiceName: serviceName };
  const metric =
    (namespace: string, dimensions: Metric["dimensions"]) =>
    (metricName: string, stat: string): Metric => ({ namespace, metricName, dimensions, stat });
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
  const ofBalancer = metric("AWS/ApplicationELB", balancer);
  const ofTargets = metric("AWS/ApplicationELB", targets);
  const ofTasks = metric("AWS/ECS", tasks);
  const ofPharos = metric("Pharos", { Service: name });
  return {
    /** Requests that a task was found for. */
    requests: ofTargets("RequestCount", "Sum"),
    /** Errors of the tasks, and of the load balancer where no task answers. */
    taskErrors: ofTargets("HTTPCode_Target_5XX_Count", "Sum"),
    balancerErrors: ofBalancer("HTTPCode_ELB_5XX_Count", "Sum"),
    /** Seconds to the head of an answer: of a stream, to its begin. */
    responseSeconds: (stat: string) => ofTargets("TargetResponseTime", stat),
    /** Tasks that run and say that they are ready. */
    healthyTasks: ofTargets("HealthyHostCount", "Minimum"),
    unhealthyTasks: ofTargets("UnHealthyHostCount", "Maximum"),
    cpuPercent: ofTasks("CPUUtilization", "Average"),
    memoryPercent: ofTasks("MemoryUtilization", "Average"),
    openBreakers: ofPharos("OpenBreakers", "Maximum"),
    concurrentStreams: ofPharos("ConcurrentStreams", "Average"),
    throttles: (vendor: string) => metric("Pharos", { Service: name, Vendor: vendor })("VendorThrottles", "Sum"),
  };
}
