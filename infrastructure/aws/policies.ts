import { bedrockStatements, type ProfileModels } from "./bedrock-statements.ts";
import type { ModelNeeds, SnapshotFolder } from "./model-needs.ts";
import { partitionOf } from "./partition.ts";
import { allow, type PolicyDocument, policyDocument } from "./policy-document.ts";

/**
 * Who may take a role: tasks of ECS of this account and region, so that no other account has ECS act for it.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
 */
export function trustPolicy({ region, accountId }: { readonly region: string; readonly accountId: string }) {
  return policyDocument([
    {
      Sid: "TasksOfThisAccount",
      Effect: "Allow",
      Principal: { Service: ["ecs-tasks.amazonaws.com"] },
      Action: ["sts:AssumeRole"],
      Condition: {
        StringEquals: { "aws:SourceAccount": [accountId] },
        ArnLike: { "aws:SourceArn": [`arn:${partitionOf(region)}:ecs:${region}:${accountId}:*`] },
      },
    },
  ]);
}

export interface ExecutionNeeds {
  readonly region: string;
  readonly repositoryArn: string;
  readonly logGroupArn: string;
  readonly secretArns: readonly string[];
}

/** What ECS may do to start a task: pull from its repository, write its log group, read its secrets. */
export function executionPolicy({ region, repositoryArn, logGroupArn, secretArns }: ExecutionNeeds): PolicyDocument {
  return policyDocument([
    // All is the one resource that this action knows; what the token opens is the next statement.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
    ...allow("LogIntoEcr", ["ecr:GetAuthorizationToken"], ["*"], {
      StringEquals: { "aws:RequestedRegion": [region] },
    }),
    ...allow(
      "PullTheImage",
      ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      [repositoryArn],
    ),
    ...allow("WriteTheLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [`${logGroupArn}:log-stream:*`]),
    ...allow("ReadSecrets", ["secretsmanager:GetSecretValue"], secretArns),
  ]);
}

export interface TaskNeeds {
  readonly accountId: string;
  readonly needs: ModelNeeds;
  /** Models behind the account's own inference profiles, by the profiles' ARNs. */
  readonly profileModels: ProfileModels;
  /** Where the stack's own snapshots are read from. */
  readonly snapshots?: SnapshotFolder;
}

/** What the service may do: ask the models, indexes and snapshots that its config names. No statement where it names none. */
export function taskPolicy({ accountId, needs, profileModels, snapshots }: TaskNeeds): PolicyDocument {
  const indexes = needs.kendraIndexes.map(
    ({ indexId, region }) => `arn:${partitionOf(region)}:kendra:${region}:${accountId}:index/${indexId}`,
  );
  const folders = [...(snapshots === undefined ? [] : [snapshots]), ...needs.snapshots];
  return policyDocument([
    ...bedrockStatements({ accountId, needs, profileModels }),
    ...allow("SearchKendra", ["kendra:Retrieve"], indexes),
    ...allow("ReadSnapshots", ["s3:GetObject"], folders.map(objectsOf)),
    // S3 says that nothing is published only to who may list, and a condition on the prefix does not hold for that: refused
    // is what everybody else hears (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
    ...allow("SeeThatNoneIsPublished", ["s3:ListBucket"], [...new Set(folders.map(({ bucketArn }) => bucketArn))]),
  ]);
}

function objectsOf({ bucketArn, prefix }: SnapshotFolder): string {
  return [bucketArn, ...(prefix === "" ? [] : [prefix]), "*"].join("/");
}
