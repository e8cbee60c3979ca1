import type { Input } from "@pulumi/pulumi";
import { type Metric, type WatchedDeployment, watchedMetrics } from "./watched-metrics.ts";

export interface DashboardNeeds extends WatchedDeployment {
  readonly region: string;
  /** Adapters that are asked over the network. */
  readonly vendors: readonly string[];
  readonly alarmArns: readonly Input<string>[];
}

/** A line of a widget. */
interface Line {
  readonly metric: Metric;
  readonly label: string;
}

const WIDTH = 12;
const HEIGHT = 6;

/**
 * The dashboard's body, before it becomes text: alarms first, then what callers see, what vendors do, and what the tasks use.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function dashboardBody({ region, vendors, alarmArns, ...deployment }: DashboardNeeds) {
  const metrics = watchedMetrics(deployment);
  const charts: readonly { readonly title: string; readonly lines: readonly Line[] }[] = [
    {
      title: "Requests",
      lines: [
        { metric: metrics.requests, label: "requests" },
        { metric: metrics.taskErrors, label: "failed" },
        { metric: metrics.balancerErrors, label: "no task answered" },
      ],
    },
    {
      title: "Seconds until an answer begins",
      lines: ["p50", "p95", "p99"].map((stat) => ({ metric: metrics.responseSeconds(stat), label: stat })),
    },
    {
      title: "Tasks",
      lines: [
        { metric: metrics.healthyTasks, label: "ready" },
        { metric: metrics.unhealthyTasks, label: "not ready" },
      ],
    },
    { title: "Streams under way, per task", lines: [{ metric: metrics.concurrentStreams, label: "streams" }] },
    {
      title: "Throttled by vendors",
      lines: vendors.map((vendor) => ({ metric: metrics.throttles(vendor), label: vendor })),
    },
    { title: "Open breakers", lines: [{ metric: metrics.openBreakers, label: "open" }] },
    {
      title: "CPU and memory, %",
      lines: [
        { metric: metrics.cpuPercent, label: "CPU" },
        { metric: metrics.memoryPercent, label: "memory" },
      ],
    },
  ];
  const shown = charts.filter(({ lines }) => lines.length > 0);
  return {
    widgets: [
      {
        ...{ type: "alarm", x: 0, y: 0, width: 2 * WIDTH, height: 3 },
        properties: { title: "Alarms", alarms: alarmArns },
      },
      ...shown.map(({ title, lines }, index) => ({
        ...{ type: "metric", x: (index % 2) * WIDTH, y: 3 + Math.floor(index / 2) * HEIGHT },
        ...{ width: WIDTH, height: HEIGHT },
        properties: { title, region, view: "timeSeries", period: 60, metrics: lines.map(lineOf) },
      })),
    ],
  };
}

/** Namespace, name, then each dimension's name and value. */
function lineOf({ metric: { namespace, metricName, dimensions, stat }, label }: Line) {
  return [namespace, metricName, ...Object.entries(dimensions).flat(), { stat, label }];
}
