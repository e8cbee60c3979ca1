import { expect, it } from "vitest";
import { scalingTargets } from "../../../infrastructure/aws/autoscaling.ts";
import { FARGATE_MEMORY } from "../../../infrastructure/aws/fargate-sizes.ts";

it("gives each core of a task the same share of requests and streams, whatever its size", () => {
  for (const cpu of FARGATE_MEMORY.keys()) {
    const { cpuPercent, requestsPerMinute, concurrentStreams } = scalingTargets(cpu);
    expect([cpuPercent, requestsPerMinute / cpu, concurrentStreams / cpu]).toEqual([60, 6_000 / 1_024, 500 / 1_024]);
  }
});

it("has whole numbers for the smallest task", () => {
  expect(scalingTargets(256)).toEqual({ cpuPercent: 60, requestsPerMinute: 1_500, concurrentStreams: 125 });
});
