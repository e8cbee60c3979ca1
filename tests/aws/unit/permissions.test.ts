import { output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Permissions, type PermissionsInputs } from "../../../infrastructure/aws/permissions.ts";
import { executionPolicy, taskPolicy, trustPolicy } from "../../../infrastructure/aws/policies.ts";
import { NO_NEEDS } from "../support/no-needs.ts";
import { type Cloud, outputValue, runProgram, theOnly } from "../support/pulumi-mocks.ts";

const ROLE = "aws:iam/role:Role";
const POLICY = "aws:iam/rolePolicy:RolePolicy";

const region = "eu-central-1";
const accountId = "123456789012";
const repositoryArn = "arn:aws:ecr:eu-central-1:123456789012:repository/pharos";
const logGroupArn = "arn:aws:logs:eu-central-1:123456789012:log-group:/pharos/pharos";
const secretArns = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:pharos/openai-AbCdEf"];
const bucketArn = "arn:aws:s3:::pharos-index-1a2b3c4";

function declared(more: Partial<PermissionsInputs> = {}, cloud: Cloud = {}) {
  const inputs: PermissionsInputs = {
    name: "pharos",
    region,
    accountId: output(accountId),
    repositoryArn: output(repositoryArn),
    logGroupArn: output(logGroupArn),
    secretArns: secretArns.map((arn) => output(arn)),
    needs: NO_NEEDS,
    ...more,
  };
  return runProgram(() => new Permissions("permissions", inputs), cloud);
}

describe("the permissions", () => {
  it("are two roles that the tasks of this account take, and nobody else", async () => {
    const { registrations, result } = await declared();
    const trust = trustPolicy({ region, accountId });
    for (const [name, description] of [
      ["pharos-execution", "Starts the tasks of Pharos"],
      ["pharos-task", "What Pharos may do"],
    ] as const) {
      const { inputs, parent } = theOnly(registrations, ROLE, name);
      expect({ ...inputs, assumeRolePolicy: JSON.parse(String(inputs.assumeRolePolicy)) }).toEqual({
        description,
        assumeRolePolicy: trust,
      });
      expect(parent).toBe(theOnly(registrations, "pharos:aws:Permissions").urn);
    }
    expect(await outputValue(result.executionRoleArn)).toBe("arn:aws:iam:eu-central-1:123456789012:pharos-execution");
    expect(await outputValue(result.taskRoleArn)).toBe("arn:aws:iam:eu-central-1:123456789012:pharos-task");
  });

  it("let ECS start a task, and the service do nothing where its config needs nothing", async () => {
    const { registrations } = await declared();
    const { inputs } = theOnly(registrations, POLICY);
    expect(JSON.parse(String(inputs.policy))).toEqual(
      executionPolicy({ region, repositoryArn, logGroupArn, secretArns }),
    );
    expect(registrations.filter(({ custom }) => custom)).toHaveLength(3);
  });

  it("let the service do what its config needs, and read the snapshots", async () => {
    const needs = { ...NO_NEEDS, bedrockModels: [{ id: "amazon.nova-pro-v1:0", region, answers: true }] };
    const snapshots = { bucketArn, prefix: "faiss" };
    const { registrations, calls } = await declared({
      needs,
      snapshots: { bucketArn: output(bucketArn), prefix: "faiss" },
    });
    const { inputs } = theOnly(registrations, POLICY, "pharos-task");
    expect(JSON.parse(String(inputs.policy))).toEqual(taskPolicy({ accountId, needs, profileModels: {}, snapshots }));
    expect(calls, "AWS is asked nothing").toEqual([]);
  });

  it("ask AWS what stands behind an account's own profile, in the profile's region", async () => {
    const mine = "arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/abcdef123456";
    const models = [
      { modelArn: "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0" },
      { modelArn: "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-pro-v1:0" },
    ];
    const token = "aws:bedrock/getInferenceProfile:getInferenceProfile";
    const { registrations, calls } = await declared(
      { needs: { ...NO_NEEDS, bedrockProfiles: [{ id: mine, region: "us-west-2", answers: true }] } },
      { functions: { [token]: () => ({ inferenceProfileId: mine, models }) } },
    );
    expect(calls).toEqual([{ token, inputs: { inferenceProfileId: mine, region: "us-west-2" } }]);
    const { Statement } = JSON.parse(String(theOnly(registrations, POLICY, "pharos-task").inputs.policy));
    expect(Statement).toMatchObject([
      { Sid: "AnswerThroughProfiles", Resource: [mine] },
      {
        Sid: "AnswerBehindProfiles",
        Resource: models.map(({ modelArn }) => modelArn),
        Condition: { StringEquals: { "bedrock:InferenceProfileArn": [mine] } },
      },
    ]);
  });
});
