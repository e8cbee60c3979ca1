import { beforeAll, describe, expect, it } from "vitest";
import { scalingTargets } from "../../../infrastructure/aws/autoscaling.ts";
import { FARGATE_MEMORY } from "../../../infrastructure/aws/fargate-sizes.ts";
import { all, INPUTS, inputsByName, type MadeService, makeService, TYPES } from "../support/make-service.ts";
import { theOnly } from "../support/pulumi-mocks.ts";

let made: MadeService;
beforeAll(async () => {
  made = await makeService(INPUTS);
});

describe("the autoscaling", () => {
  const target = {
    resourceId: "service/pharos-1a2b3c4/pharos",
    scalableDimension: "ecs:service:DesiredCount",
    serviceNamespace: "ecs",
  };
  const tracking = (configuration: object) => ({
    ...target,
    policyType: "TargetTrackingScaling",
    targetTrackingScalingPolicyConfiguration: { scaleOutCooldown: 60, scaleInCooldown: 600, ...configuration },
  });

  it("keeps to the numbers of tasks of the settings", () => {
    expect(theOnly(made.registrations, TYPES.target).inputs).toEqual({ ...target, minCapacity: 2, maxCapacity: 6 });
  });

  const told = (metricName: string) => ({
    namespace: "Pharos",
    metricName,
    dimensions: [{ name: "Service", value: "pharos" }],
    statistic: "Average",
  });

  it("follows the CPU, the requests and the streams of a task, out at once and in slowly, and in also where the load balancer counts nothing", () => {
    expect(inputsByName(all(made, TYPES.policy))).toEqual({
      "pharos-cpu": tracking({
        targetValue: 60,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      }),
      "pharos-own-requests": tracking({ targetValue: 6_000, customizedMetricSpecification: told("Requests") }),
      "pharos-requests": tracking({
        targetValue: 6_000,
        disableScaleIn: true,
        predefinedMetricSpecification: {
          predefinedMetricType: "ALBRequestCountPerTarget",
          resourceLabel: "app/pharos/1/targetgroup/pharos/2",
        },
      }),
      "pharos-streams": tracking({
        targetValue: 500,
        customizedMetricSpecification: told("ConcurrentStreams"),
      }),
    });
  });
});

describe("what a task is to carry", () => {
  it("gives each core of a task the same share of requests and streams, whatever its size", () => {
    for (const cpu of FARGATE_MEMORY.keys()) {
      const { cpuPercent, requestsPerMinute, concurrentStreams } = scalingTargets(cpu);
      expect([cpuPercent, requestsPerMinute / cpu, concurrentStreams / cpu]).toEqual([60, 6_000 / 1_024, 500 / 1_024]);
    }
  });

  it("has whole numbers for the smallest task", () => {
    expect(scalingTargets(256)).toEqual({ cpuPercent: 60, requestsPerMinute: 1_500, concurrentStreams: 125 });
  });
});
