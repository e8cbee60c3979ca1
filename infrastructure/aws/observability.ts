import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type AlarmNeeds, alarms } from "./alarms.ts";
import { dashboardBody } from "./dashboard.ts";
import { partitionOf } from "./partition.ts";

export interface ObservabilityInputs extends AlarmNeeds {
  readonly region: string;
  /** Topic of SNS that is told where an alarm begins and ends; without it the alarms only show. */
  readonly alarmTopicArn?: string;
}

/** A dashboard, and alarms for what somebody should be told. */
export class Observability extends pulumi.ComponentResource {
  readonly dashboardName: pulumi.Output<string>;
  /** Where the console shows the dashboard. */
  readonly dashboardUrl: pulumi.Output<string>;
  /** In the order of `alarms`. */
  readonly alarmArns: readonly pulumi.Output<string>[];

  constructor(name: string, inputs: ObservabilityInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:Observability", name, {}, options);
    const { region, alarmTopicArn, ...deployment } = inputs;
    const told = alarmTopicArn === undefined ? {} : { alarmActions: [alarmTopicArn], okActions: [alarmTopicArn] };
    this.alarmArns = alarms(deployment).map(
      ({ name: what, args }) =>
        new aws.cloudwatch.MetricAlarm(
          `${inputs.name}-${what}`,
          { name: `${inputs.name}-${what}`, ...args, ...told },
          { parent: this },
        ).arn,
    );
    const body = pulumi.output(dashboardBody({ region, alarmArns: this.alarmArns, ...deployment }));
    const dashboard = new aws.cloudwatch.Dashboard(
      inputs.name,
      { dashboardName: inputs.name, dashboardBody: pulumi.jsonStringify(body) },
      { parent: this },
    );
    this.dashboardName = dashboard.dashboardName;
    this.dashboardUrl = pulumi.interpolate`https://${region}.${CONSOLES[partitionOf(region)]}/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`;
    this.registerOutputs();
  }
}

const CONSOLES = {
  aws: "console.aws.amazon.com",
  "aws-cn": "console.amazonaws.cn",
  "aws-us-gov": "console.amazonaws-us-gov.com",
} as const;
