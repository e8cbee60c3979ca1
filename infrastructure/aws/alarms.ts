import type { MetricAlarmArgs } from "@pulumi/aws/cloudwatch/index.js";
import { type Metric, type WatchedDeployment, watchedMetrics } from "./watched-metrics.ts";

export interface AlarmNeeds extends WatchedDeployment {
  readonly minTasks: number;
  /** Adapters that are asked over the network: each has an alarm of its own. */
  readonly vendors: readonly string[];
}

/** An alarm, and what its name says behind the deployment's. */
interface Alarm {
  readonly name: string;
  readonly args: MetricAlarmArgs;
}

/** Share of the requests that may fail, and how many have to fail before a share says anything. */
const ERROR_PERCENT = 5;
const ERRORS = 3;
/** Half of the time that a request has by default (`server.deadline_ms`). */
const P99_SECONDS = 30;
const THROTTLES = 5;

/**
 * What somebody should be told about a deployment. No data means that nobody asked, or that no vendor throttled, and is no
 * alarm; only where no task is counted it is one.
 */
export function alarms({ minTasks, vendors, ...deployment }: AlarmNeeds): readonly Alarm[] {
  const metrics = watchedMetrics(deployment);
  return [
    {
      name: "server-errors",
      args: {
        alarmDescription: `More than ${ERROR_PERCENT} % of the requests failed in two of three times five minutes, and at least ${ERRORS} each time.`,
        metricQueries: errorRateQueries(metrics),
        comparisonOperator: "GreaterThanThreshold",
        threshold: ERROR_PERCENT,
        evaluationPeriods: 3,
        datapointsToAlarm: 2,
        treatMissingData: "notBreaching",
      },
    },
    {
      name: "slow-answers",
      args: {
        alarmDescription: `One answer of a hundred took more than ${P99_SECONDS} s to begin, in three of four times five minutes.`,
        ...watched(metrics.responseSeconds("p99"), 300),
        comparisonOperator: "GreaterThanThreshold",
        threshold: P99_SECONDS,
        // Few answers say nothing about one of a hundred.
        evaluateLowSampleCountPercentiles: "ignore",
        evaluationPeriods: 4,
        datapointsToAlarm: 3,
        treatMissingData: "notBreaching",
      },
    },
    ...vendors.map((vendor) => ({
      name: `throttled-by-${vendor.match(/[A-Za-z0-9]+/gu)?.join("-")}`,
      args: {
        alarmDescription: `${vendor} refused more than ${THROTTLES} calls in five minutes since they were too many, twice in three times.`,
        ...watched(metrics.throttles(vendor), 300),
        comparisonOperator: "GreaterThanThreshold",
        threshold: THROTTLES,
        evaluationPeriods: 3,
        datapointsToAlarm: 2,
        treatMissingData: "notBreaching",
      },
    })),
    {
      name: "open-breakers",
      args: {
        alarmDescription: "A task left a target or a search alone for three minutes, since it fails too often.",
        ...watched(metrics.openBreakers, 60),
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        threshold: 1,
        evaluationPeriods: 3,
        datapointsToAlarm: 3,
        // No line is written where no task runs, which is the next alarm's.
        treatMissingData: "notBreaching",
      },
    },
    {
      name: "running-tasks",
      args: {
        alarmDescription: `Fewer than ${minTasks} tasks were running and ready for three minutes.`,
        ...watched(metrics.healthyTasks, 60),
        comparisonOperator: "LessThanThreshold",
        threshold: minTasks,
        evaluationPeriods: 3,
        datapointsToAlarm: 3,
        // Where no task is registered nothing is counted.
        treatMissingData: "breaching",
      },
    },
  ];
}

/** One metric as an alarm has it; percentiles go elsewhere than Sum and Maximum. */
function watched({ namespace, metricName, dimensions, stat }: Metric, period: number): MetricAlarmArgs {
  const statistic = /^p\d/u.test(stat) ? { extendedStatistic: stat } : { statistic: stat };
  return { namespace, metricName, dimensions, period, ...statistic };
}

/** Errors are counted only where there are some, so that missing counts are none; the load balancer's own answers are no requests to it. */
function errorRateQueries(metrics: ReturnType<typeof watchedMetrics>): MetricAlarmArgs["metricQueries"] {
  const query = (id: string, { namespace, metricName, dimensions, stat }: Metric) => ({
    id,
    metric: { namespace, metricName, dimensions, stat, period: 300 },
  });
  return [
    {
      id: "percent",
      label: "Failed requests, %",
      expression: `IF(errors >= ${ERRORS}, 100 * errors / SUM([FILL(requests, 0), FILL(balancer, 0)]), 0)`,
      returnData: true,
    },
    { id: "errors", label: "Failed requests", expression: "SUM([FILL(tasks, 0), FILL(balancer, 0)])" },
    query("requests", metrics.requests),
    query("tasks", metrics.taskErrors),
    query("balancer", metrics.balancerErrors),
  ];
}
