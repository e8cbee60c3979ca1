import { output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Observability, type ObservabilityInputs } from "../../../infrastructure/aws/observability.ts";
import { outputValue, runProgram, theOnly } from "../support/pulumi-mocks.ts";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";
const TOPIC = "arn:aws:sns:eu-central-1:123456789012:on-call";

const LoadBalancer = "app/pharos/50dc6c495c0c9188";
const TargetGroup = "targetgroup/pharos/73e2d6bc24d8a067";

function declared(more: Partial<ObservabilityInputs> = {}) {
  const inputs: ObservabilityInputs = {
    name: "pharos",
    region: "eu-central-1",
    loadBalancerArnSuffix: output(LoadBalancer),
    targetGroupArnSuffix: output(TargetGroup),
    clusterName: output("pharos-cluster"),
    serviceName: output("pharos-service"),
    minTasks: 2,
    vendors: ["bedrock"],
    ...more,
  };
  return runProgram(() => new Observability("observability", inputs));
}

describe("the alarms", () => {
  it("are for failures, slowness, throttling by each vendor, open breakers and missing tasks", async () => {
    const { registrations } = await declared({ vendors: ["bedrock", "openai", "./mine.ts"] });
    const alarms = registrations.filter(({ type }) => type === ALARM);
    expect(alarms.map(({ inputs }) => inputs.name).toSorted()).toEqual([
      "pharos-open-breakers",
      "pharos-running-tasks",
      "pharos-server-errors",
      "pharos-slow-answers",
      "pharos-throttled-by-bedrock",
      "pharos-throttled-by-mine-ts",
      "pharos-throttled-by-openai",
    ]);
    const parent = theOnly(registrations, "pharos:aws:Observability").urn;
    expect(new Set(alarms.map((alarm) => alarm.parent))).toEqual(new Set([parent]));
  });

  it("tell the topic where they begin and end, and nobody where there is none", async () => {
    const told = (await declared({ alarmTopicArn: TOPIC })).registrations.filter(({ type }) => type === ALARM);
    for (const { inputs } of told) expect(inputs).toMatchObject({ alarmActions: [TOPIC], okActions: [TOPIC] });
    const silent = (await declared()).registrations.filter(({ type }) => type === ALARM);
    for (const { inputs } of silent) expect(Object.keys(inputs)).not.toContain("alarmActions");
  });

  it("count a request that no task answered among the failed", async () => {
    const { registrations } = await declared();
    expect(theOnly(registrations, ALARM, "pharos-server-errors").inputs).toEqual({
      name: "pharos-server-errors",
      alarmDescription:
        "More than 5 % of the requests failed in two of three times five minutes, and at least 3 each time.",
      metricQueries: [
        {
          id: "percent",
          label: "Failed requests, %",
          expression: "IF(errors >= 3, 100 * errors / SUM([FILL(requests, 0), FILL(balancer, 0)]), 0)",
          returnData: true,
        },
        { id: "errors", label: "Failed requests", expression: "SUM([FILL(tasks, 0), FILL(balancer, 0)])" },
        ofBalancer("requests", "RequestCount", { LoadBalancer, TargetGroup }),
        ofBalancer("tasks", "HTTPCode_Target_5XX_Count", { LoadBalancer, TargetGroup }),
        ofBalancer("balancer", "HTTPCode_ELB_5XX_Count", { LoadBalancer }),
      ],
      comparisonOperator: "GreaterThanThreshold",
      threshold: 5,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      treatMissingData: "notBreaching",
    });
  });

  it("look at the slowest of a hundred answers, unless there are too few to say", async () => {
    const { registrations } = await declared();
    expect(theOnly(registrations, ALARM, "pharos-slow-answers").inputs).toEqual({
      name: "pharos-slow-answers",
      alarmDescription: "One answer of a hundred took more than 30 s to begin, in three of four times five minutes.",
      namespace: "AWS/ApplicationELB",
      metricName: "TargetResponseTime",
      dimensions: { LoadBalancer, TargetGroup },
      extendedStatistic: "p99",
      period: 300,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 30,
      evaluateLowSampleCountPercentiles: "ignore",
      evaluationPeriods: 4,
      datapointsToAlarm: 3,
      treatMissingData: "notBreaching",
    });
  });

  it("take a vendor's silence for peace, as it is counted only where it throttles", async () => {
    const { registrations } = await declared();
    expect(theOnly(registrations, ALARM, "pharos-throttled-by-bedrock").inputs).toEqual({
      name: "pharos-throttled-by-bedrock",
      alarmDescription:
        "bedrock refused more than 5 calls in five minutes since they were too many, twice in three times.",
      namespace: "Pharos",
      metricName: "VendorThrottles",
      dimensions: { Service: "pharos", Vendor: "bedrock" },
      statistic: "Sum",
      period: 300,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 5,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      treatMissingData: "notBreaching",
    });
  });

  it("say that a breaker stays open in any task", async () => {
    const { registrations } = await declared();
    expect(theOnly(registrations, ALARM, "pharos-open-breakers").inputs).toEqual({
      name: "pharos-open-breakers",
      alarmDescription: "A task left a target or a search alone for three minutes, since it fails too often.",
      namespace: "Pharos",
      metricName: "OpenBreakers",
      dimensions: { Service: "pharos" },
      statistic: "Maximum",
      period: 60,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold: 1,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
      treatMissingData: "notBreaching",
    });
  });

  it("take it for an alarm where no task is even counted", async () => {
    const { registrations } = await declared({ minTasks: 3 });
    expect(theOnly(registrations, ALARM, "pharos-running-tasks").inputs).toEqual({
      name: "pharos-running-tasks",
      alarmDescription: "Fewer than 3 tasks were running and ready for three minutes.",
      namespace: "AWS/ApplicationELB",
      metricName: "HealthyHostCount",
      dimensions: { LoadBalancer, TargetGroup },
      statistic: "Minimum",
      period: 60,
      comparisonOperator: "LessThanThreshold",
      threshold: 3,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
      treatMissingData: "breaching",
    });
  });
});

describe("the dashboard", () => {
  it("shows the alarms, and charts that do not overlap", async () => {
    const { registrations, result } = await declared();
    const { inputs } = theOnly(registrations, DASHBOARD);
    expect(inputs.dashboardName).toBe("pharos");
    const { widgets } = JSON.parse(String(inputs.dashboardBody)) as { widgets: Widget[] };
    expect(widgets[0]?.properties.alarms).toEqual(await Promise.all(result.alarmArns.map(outputValue)));
    expect(widgets.map(({ properties }) => properties.title)).toEqual([
      "Alarms",
      "Requests",
      "Seconds until an answer begins",
      "Tasks",
      "Streams under way, per task",
      "Throttled by vendors",
      "Open breakers",
      "CPU and memory, %",
    ]);
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, cell) => `${x + (cell % width)},${y + Math.floor(cell / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(widgets.every(({ x, width }) => x + width <= 24)).toBe(true);
  });

  it("names each metric by its namespace, its name and its dimensions", async () => {
    const { registrations } = await declared();
    const { widgets } = JSON.parse(String(theOnly(registrations, DASHBOARD).inputs.dashboardBody)) as {
      widgets: Widget[];
    };
    const lines = (title: string) => widgets.find(({ properties }) => properties.title === title)?.properties.metrics;
    expect(lines("Throttled by vendors")).toEqual([
      ["Pharos", "VendorThrottles", "Service", "pharos", "Vendor", "bedrock", { stat: "Sum", label: "bedrock" }],
    ]);
    expect(lines("CPU and memory, %")).toEqual([
      [...ofTasks("CPUUtilization"), { stat: "Average", label: "CPU" }],
      [...ofTasks("MemoryUtilization"), { stat: "Average", label: "memory" }],
    ]);
    expect(widgets.slice(1).every(({ properties }) => properties.region === "eu-central-1")).toBe(true);
  });

  it("has no chart of vendors where none is asked", async () => {
    const { registrations } = await declared({ vendors: [] });
    expect(String(theOnly(registrations, DASHBOARD).inputs.dashboardBody)).not.toContain("Throttled");
  });

  it.each([
    ["eu-central-1", "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1"],
    ["us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1"],
  ])("has an address in the console of %s", async (region, url) => {
    const { result } = await declared({ region });
    expect(await outputValue(result.dashboardUrl)).toBe(`${url}#dashboards/dashboard/pharos`);
    expect(await outputValue(result.dashboardName)).toBe("pharos");
  });
});

interface Widget {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    readonly region?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly unknown[];
  };
}

function ofTasks(metricName: string): readonly string[] {
  return ["AWS/ECS", metricName, "ClusterName", "pharos-cluster", "ServiceName", "pharos-service"];
}

function ofBalancer(id: string, metricName: string, dimensions: Readonly<Record<string, string>>) {
  return { id, metric: { namespace: "AWS/ApplicationELB", metricName, dimensions, stat: "Sum", period: 300 } };
}
