import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bedrockModel } from "./bedrock-models.ts";
import type { ProfileModels } from "./bedrock-statements.ts";
import type { ModelNeeds } from "./model-needs.ts";
import { executionPolicy, taskPolicy, trustPolicy } from "./policies.ts";

export interface PermissionsInputs {
  /** Begins the names of the roles. */
  readonly name: string;
  readonly region: string;
  readonly accountId: pulumi.Input<string>;
  /** Of the image. */
  readonly repositoryArn: pulumi.Input<string>;
  readonly logGroupArn: pulumi.Input<string>;
  /** Of the secrets that become variables of the container. */
  readonly secretArns: readonly pulumi.Input<string>[];
  readonly needs: ModelNeeds;
  /** Where the service reads snapshots from; the prefix has one part at least, and no slash at its ends. */
  readonly snapshots?: { readonly bucketArn: pulumi.Input<string>; readonly prefix: string };
}

/** Two roles: one for ECS to start tasks, one for the service in them. Each may do what the config needs, and no more. */
export class Permissions extends pulumi.ComponentResource {
  readonly executionRoleArn: pulumi.Output<string>;
  readonly taskRoleArn: pulumi.Output<string>;

  constructor(name: string, inputs: PermissionsInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:Permissions", name, {}, options);
    const execution = this.role(`${inputs.name}-execution`, "Starts the tasks of Pharos", inputs);
    this.attach(`${inputs.name}-execution`, execution, executionDocument(inputs));
    const task = this.role(`${inputs.name}-task`, "What Pharos may do", inputs);
    if (needsAnything(inputs)) this.attach(`${inputs.name}-task`, task, this.taskDocument(inputs));
    this.executionRoleArn = execution.arn;
    this.taskRoleArn = task.arn;
    this.registerOutputs();
  }

  private role(name: string, description: string, { region, accountId }: PermissionsInputs): aws.iam.Role {
    const trusted = pulumi.output(accountId).apply((account) => trustPolicy({ region, accountId: account }));
    return new aws.iam.Role(name, { description, assumeRolePolicy: pulumi.jsonStringify(trusted) }, { parent: this });
  }

  private attach(name: string, role: aws.iam.Role, document: pulumi.Input<object>): void {
    new aws.iam.RolePolicy(name, { role: role.name, policy: pulumi.jsonStringify(document) }, { parent: this });
  }

  private taskDocument({ accountId, needs, snapshots }: PermissionsInputs): pulumi.Output<object> {
    return pulumi
      .all([accountId, this.profileModels(needs), snapshots?.bucketArn])
      .apply(([account, profileModels, bucketArn]) =>
        taskPolicy({
          ...{ accountId: account, needs, profileModels },
          ...(bucketArn === undefined ? {} : { snapshots: { bucketArn, prefix: snapshots?.prefix ?? "" } }),
        }),
      );
  }

  /** Asks AWS what stands behind the account's own profiles, since nothing in their ARNs says it. */
  private profileModels({ bedrockProfiles }: ModelNeeds): pulumi.Output<ProfileModels> {
    const asked = bedrockProfiles.flatMap(({ id, region }) => {
      if (bedrockModel(id, region)?.kind !== "application") return [];
      const { models } = aws.bedrock.getInferenceProfileOutput({ inferenceProfileId: id, region }, { parent: this });
      return [models.apply((found) => [id, found.map(({ modelArn }) => modelArn)] as const)];
    });
    return pulumi.all(asked).apply((entries) => Object.fromEntries(entries));
  }
}

function executionDocument({ region, repositoryArn, logGroupArn, secretArns }: PermissionsInputs) {
  return pulumi
    .all([repositoryArn, logGroupArn, pulumi.all([...secretArns])])
    .apply(([repository, logGroup, secrets]) =>
      executionPolicy({ region, repositoryArn: repository, logGroupArn: logGroup, secretArns: secrets }),
    );
}

function needsAnything({ needs, snapshots }: PermissionsInputs): boolean {
  const { bedrockModels, bedrockProfiles, rerankers, kendraIndexes, snapshots: followed } = needs;
  return (
    snapshots !== undefined ||
    [bedrockModels, bedrockProfiles, rerankers, kendraIndexes, followed].some((some) => some.length > 0)
  );
}
