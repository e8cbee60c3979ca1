import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface LogsInputs {
  readonly name: string;
  readonly retentionInDays: number;
}

/** The log group of the tasks, `/pharos/NAME`. */
export class Logs extends pulumi.ComponentResource {
  readonly logGroupName: pulumi.Output<string>;
  /** Without the `:*` that some of AWS write behind it. */
  readonly logGroupArn: pulumi.Output<string>;

  constructor(name: string, inputs: LogsInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:Logs", name, {}, options);
    const { retentionInDays } = inputs;
    const group = new aws.cloudwatch.LogGroup(
      inputs.name,
      { name: `/pharos/${inputs.name}`, retentionInDays },
      { parent: this },
    );
    this.logGroupName = group.name;
    this.logGroupArn = group.arn;
    this.registerOutputs();
  }
}
