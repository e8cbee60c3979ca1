import { bedrockStatements, type ProfileModels } from "./bedrock-statements.ts";
import type { ModelNeeds } from "./model-needs.ts";
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

/** A folder of a bucket. */
export interface SnapshotFolder {
  readonly bucketArn: string;
  /** One part at least, without a slash at its ends. */
  readonly prefix: string;
}

export interface TaskNeeds {
  readonly accountId: string;
  readonly needs: ModelNeeds;
  /** Models behind the account's own inference profiles, by the profiles' ARNs. */
  readonly profileModels: ProfileModels;
  /** Where snapshots are read from. */
  readonly snapshots?: SnapshotFolder;
}

/** What the service may do: ask the models, indexes and snapshots that its config names. No statement where it names none. */
export function taskPolicy({ accountId, needs, profileModels, snapshots }: TaskNeeds): PolicyDocument {
  const indexes = needs.kendraIndexes.map(
    ({ indexId, region }) => `arn:${partitionOf(region)}:kendra:${region}:${accountId}:index/${indexId}`,
  );
  const objects = snapshots === undefined ? [] : [`${snapshots.bucketArn}/${snapshots.prefix}/*`];
  return policyDocument([
    ...bedrockStatements({ accountId, needs, profileModels }),
    ...allow("SearchKendra", ["kendra:Retrieve"], indexes),
    ...allow("ReadSnapshots", ["s3:GetObject"], objects),
    // S3 says that nothing is published only to who may list, and a condition on the prefix does not hold for that: refused
    // is what everybody else hears (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
    ...allow("SeeThatNoneIsPublished", ["s3:ListBucket"], snapshots === undefined ? [] : [snapshots.bucketArn]),
  ]);
}
