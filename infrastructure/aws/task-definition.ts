import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { containerDefinition, VOLUMES } from "./container-definition.ts";
import type { Settings } from "./settings.ts";

/** A variable of the container whose value ECS reads from Secrets Manager when a task starts. */
export interface SecretVariable {
  readonly variable: string;
  /** The secret's ARN. */
  readonly valueFrom: pulumi.Input<string>;
}

export interface TaskDefinitionInputs {
  readonly settings: Pick<Settings, "name" | "region" | "cpu" | "memory" | "architecture">;
  /** With its digest or tag. */
  readonly image: pulumi.Input<string>;
  readonly executionRoleArn: pulumi.Input<string>;
  readonly taskRoleArn: pulumi.Input<string>;
  readonly logGroupName: pulumi.Input<string>;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secrets: readonly SecretVariable[];
}

/** What ECS runs: one container, whose root file system cannot be written to. */
export function createTaskDefinition(
  name: string,
  inputs: TaskDefinitionInputs,
  options: pulumi.CustomResourceOptions,
): aws.ecs.TaskDefinition {
  const { settings, image, logGroupName, environment, secrets } = inputs;
  const containerDefinitions = pulumi
    .all([image, logGroupName, environment, secrets])
    .apply(([image, logGroupName, environment, secrets]) =>
      JSON.stringify([containerDefinition({ image, logGroupName, environment, secrets, region: settings.region })]),
    );
  return new aws.ecs.TaskDefinition(
    name,
    {
      family: settings.name,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: String(settings.cpu),
      memory: String(settings.memory),
      runtimePlatform: {
        operatingSystemFamily: "LINUX",
        cpuArchitecture: settings.architecture === "arm64" ? "ARM64" : "X86_64",
      },
      executionRoleArn: inputs.executionRoleArn,
      taskRoleArn: inputs.taskRoleArn,
      volumes: Object.keys(VOLUMES).map((volume) => ({ name: volume })),
      containerDefinitions,
      // Revisions cost nothing, and a rollback needs the one before.
      skipDestroy: true,
    },
    options,
  );
}
