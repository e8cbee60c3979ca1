import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadDeployedConfig, type ModelNeeds, needsOf } from "../../../infrastructure/aws/model-needs.ts";
import { executionPolicy, taskPolicy, trustPolicy } from "../../../infrastructure/aws/policies.ts";
import { NO_NEEDS } from "../support/no-needs.ts";

const ACCOUNT = "123456789012";
const INVOKE = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];

function taskPolicyOf(needs: Partial<ModelNeeds>, more: Partial<Parameters<typeof taskPolicy>[0]> = {}) {
  return taskPolicy({ accountId: ACCOUNT, needs: { ...NO_NEEDS, ...needs }, profileModels: {}, ...more });
}

describe("the trust policy", () => {
  it("lets tasks of this account and region take the role, and nobody else", () => {
    expect(trustPolicy({ region: "eu-central-1", accountId: ACCOUNT })).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "TasksOfThisAccount",
          Effect: "Allow",
          Principal: { Service: ["ecs-tasks.amazonaws.com"] },
          Action: ["sts:AssumeRole"],
          Condition: {
            StringEquals: { "aws:SourceAccount": [ACCOUNT] },
            ArnLike: { "aws:SourceArn": ["arn:aws:ecs:eu-central-1:123456789012:*"] },
          },
        },
      ],
    });
  });
});

describe("the execution policy", () => {
  const needs = {
    region: "eu-central-1",
    repositoryArn: "arn:aws:ecr:eu-central-1:123456789012:repository/pharos",
    logGroupArn: "arn:aws:logs:eu-central-1:123456789012:log-group:/pharos/pharos",
  };

  it("pulls this image, writes this log and reads these secrets", () => {
    const secretArns = [
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:pharos/openai-AbCdEf",
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:pharos/keys-GhIjKl",
    ];
    expect(executionPolicy({ ...needs, secretArns })).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "LogIntoEcr",
          Effect: "Allow",
          Action: ["ecr:GetAuthorizationToken"],
          Resource: ["*"],
          Condition: { StringEquals: { "aws:RequestedRegion": ["eu-central-1"] } },
        },
        {
          Sid: "PullTheImage",
          Effect: "Allow",
          Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
          Resource: ["arn:aws:ecr:eu-central-1:123456789012:repository/pharos"],
        },
        {
          Sid: "WriteTheLog",
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: ["arn:aws:logs:eu-central-1:123456789012:log-group:/pharos/pharos:log-stream:*"],
        },
        {
          Sid: "ReadSecrets",
          Effect: "Allow",
          Action: ["secretsmanager:GetSecretValue"],
          Resource: [
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:pharos/keys-GhIjKl",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:pharos/openai-AbCdEf",
          ],
        },
      ],
    });
  });

  it("says nothing of secrets where there are none", () => {
    const { Statement } = executionPolicy({ ...needs, secretArns: [] });
    expect(Statement.map(({ Sid }) => Sid)).toEqual(["LogIntoEcr", "PullTheImage", "WriteTheLog"]);
  });
});

describe("the task policy", () => {
  it("reads what searches follow beside the stack's own snapshots, each bucket once", () => {
    const bucketArn = "arn:aws:s3:::pharos-index-1a2b3c4";
    const needs = {
      ...NO_NEEDS,
      snapshots: [
        { bucketArn, prefix: "other" },
        { bucketArn: "arn:aws:s3:::their-index", prefix: "" },
      ],
    };
    const { Statement } = taskPolicy({
      accountId: ACCOUNT,
      needs,
      profileModels: {},
      snapshots: { bucketArn, prefix: "faiss" },
    });
    expect(Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [["s3:GetObject"], [`${bucketArn}/faiss/*`, `${bucketArn}/other/*`, "arn:aws:s3:::their-index/*"]],
      [["s3:ListBucket"], [bucketArn, "arn:aws:s3:::their-index"]],
    ]);
  });

  it("asks the very models of the shipped config, and reads the snapshots", async () => {
    const configFile = resolve(import.meta.dirname, "../../../pharos.yaml");
    const deployed = { configFile, region: "us-east-1", environment: {}, secretVariables: [] };
    const needs = needsOf(await loadDeployedConfig(deployed), "us-east-1");
    const snapshots = { bucketArn: "arn:aws:s3:::pharos-index-1a2b3c4", prefix: "faiss" };
    const profiles = [
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0",
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama3-3-70b-instruct-v1:0",
    ];
    const globalProfiles = [
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0",
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-4-6-v1",
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-6",
    ];
    expect(taskPolicy({ accountId: ACCOUNT, needs, profileModels: {}, snapshots })).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "AnswerDirectly",
          Effect: "Allow",
          Action: INVOKE,
          Resource: [
            "arn:aws:bedrock:us-east-1::foundation-model/ai21.jamba-1-5-large-v1:0",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-opus-20240229-v1:0",
          ],
        },
        { Sid: "AnswerThroughProfiles", Effect: "Allow", Action: INVOKE, Resource: profiles },
        {
          Sid: "AnswerBehindProfiles",
          Effect: "Allow",
          Action: INVOKE,
          Resource: [
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
            "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-3-70b-instruct-v1:0",
            "arn:aws:bedrock:us-east-2::foundation-model/amazon.nova-pro-v1:0",
            "arn:aws:bedrock:us-east-2::foundation-model/meta.llama3-3-70b-instruct-v1:0",
            "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-pro-v1:0",
            "arn:aws:bedrock:us-west-2::foundation-model/meta.llama3-3-70b-instruct-v1:0",
          ],
          Condition: { StringEquals: { "bedrock:InferenceProfileArn": profiles } },
        },
        {
          Sid: "AnswerThroughGlobalProfiles",
          Effect: "Allow",
          Action: INVOKE,
          Resource: globalProfiles,
          Condition: { StringEquals: { "aws:RequestedRegion": ["us-east-1"] } },
        },
        {
          Sid: "AnswerBehindGlobalProfilesHere",
          Effect: "Allow",
          Action: INVOKE,
          Resource: [
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-6-v1",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6",
          ],
          Condition: {
            StringEquals: { "aws:RequestedRegion": ["us-east-1"], "bedrock:InferenceProfileArn": globalProfiles },
          },
        },
        {
          Sid: "AnswerBehindGlobalProfilesAnywhere",
          Effect: "Allow",
          Action: INVOKE,
          Resource: [
            "arn:aws:bedrock:::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
            "arn:aws:bedrock:::foundation-model/anthropic.claude-opus-4-6-v1",
            "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-6",
          ],
          Condition: {
            StringEquals: { "aws:RequestedRegion": ["unspecified"], "bedrock:InferenceProfileArn": globalProfiles },
          },
        },
        {
          Sid: "EmbedDirectly",
          Effect: "Allow",
          Action: ["bedrock:InvokeModel"],
          Resource: ["arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0"],
        },
        {
          Sid: "ReadSnapshots",
          Effect: "Allow",
          Action: ["s3:GetObject"],
          Resource: ["arn:aws:s3:::pharos-index-1a2b3c4/faiss/*"],
        },
        {
          Sid: "SeeThatNoneIsPublished",
          Effect: "Allow",
          Action: ["s3:ListBucket"],
          Resource: ["arn:aws:s3:::pharos-index-1a2b3c4"],
        },
      ],
    });
  });

  it("has no statement where nothing is needed", () => {
    expect(taskPolicyOf({})).toEqual({ Version: "2012-10-17", Statement: [] });
  });

  it("reranks with the very models, each in its region", () => {
    const rerankers = [
      { id: "cohere.rerank-v3-5:0", region: "eu-central-1" },
      { id: "arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0", region: "us-west-2" },
    ];
    expect(taskPolicyOf({ rerankers }).Statement).toEqual([
      {
        Sid: "AskRerankers",
        Effect: "Allow",
        Action: ["bedrock:InvokeModel"],
        Resource: [
          "arn:aws:bedrock:eu-central-1::foundation-model/cohere.rerank-v3-5:0",
          "arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0",
        ],
      },
      {
        Sid: "Rerank",
        Effect: "Allow",
        Action: ["bedrock:Rerank"],
        Resource: ["*"],
        Condition: { StringEquals: { "aws:RequestedRegion": ["eu-central-1", "us-west-2"] } },
      },
    ]);
  });

  it("retrieves from the very index of Kendra", () => {
    const kendraIndexes = [{ indexId: "0f1e2d3c-0000-0000-0000-000000000000", region: "us-gov-west-1" }];
    expect(taskPolicyOf({ kendraIndexes }).Statement).toEqual([
      {
        Sid: "SearchKendra",
        Effect: "Allow",
        Action: ["kendra:Retrieve"],
        Resource: ["arn:aws-us-gov:kendra:us-gov-west-1:123456789012:index/0f1e2d3c-0000-0000-0000-000000000000"],
      },
    ]);
  });

  it("asks through an account's own profile what AWS says that stands behind it, and embeds without streams", () => {
    const mine = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abcdef123456";
    const provisioned = "arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/abcdef123456";
    const needs = {
      bedrockModels: [{ id: provisioned, region: "eu-west-1", answers: true }],
      bedrockProfiles: [
        { id: mine, region: "eu-west-1", answers: true },
        { id: "eu.cohere.embed-v4:0", region: "eu-south-1", answers: false },
      ],
    };
    const profileModels = { [mine]: ["arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0"] };
    const embedder = "arn:aws:bedrock:eu-south-1:123456789012:inference-profile/eu.cohere.embed-v4:0";
    expect(taskPolicyOf(needs, { profileModels }).Statement).toEqual([
      { Sid: "AnswerDirectly", Effect: "Allow", Action: INVOKE, Resource: [provisioned] },
      { Sid: "AnswerThroughProfiles", Effect: "Allow", Action: INVOKE, Resource: [mine] },
      {
        Sid: "AnswerBehindProfiles",
        Effect: "Allow",
        Action: INVOKE,
        Resource: ["arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0"],
        Condition: { StringEquals: { "bedrock:InferenceProfileArn": [mine] } },
      },
      { Sid: "EmbedThroughProfiles", Effect: "Allow", Action: ["bedrock:InvokeModel"], Resource: [embedder] },
      {
        Sid: "EmbedBehindProfiles",
        Effect: "Allow",
        Action: ["bedrock:InvokeModel"],
        Resource: [
          "arn:aws:bedrock:eu-central-1::foundation-model/cohere.embed-v4:0",
          "arn:aws:bedrock:eu-north-1::foundation-model/cohere.embed-v4:0",
          "arn:aws:bedrock:eu-south-1::foundation-model/cohere.embed-v4:0",
          "arn:aws:bedrock:eu-south-2::foundation-model/cohere.embed-v4:0",
          "arn:aws:bedrock:eu-west-1::foundation-model/cohere.embed-v4:0",
          "arn:aws:bedrock:eu-west-3::foundation-model/cohere.embed-v4:0",
        ],
        Condition: { StringEquals: { "bedrock:InferenceProfileArn": [embedder] } },
      },
    ]);
  });
});
