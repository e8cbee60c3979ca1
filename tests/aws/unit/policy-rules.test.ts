import { describe, expect, it } from "vitest";
import type { DeclaredResource } from "../../../infrastructure/aws/policy/rule.ts";
import { problemsOf, RESOURCE_RULES, STACK_RULES } from "../../../infrastructure/aws/policy/rules.ts";

type Properties = Readonly<Record<string, unknown>>;

let count = 0;
function resource(
  type: string,
  properties: Properties,
  dependencies: readonly DeclaredResource[] = [],
): DeclaredResource {
  const urn = `urn:pulumi:test::pharos::${type}::${++count}`;
  return { type, name: String(count), urn, properties, dependencies: dependencies.map((other) => other.urn) };
}

/** What is wrong with resources, without the rules' names. */
const problems = (...resources: readonly DeclaredResource[]) =>
  problemsOf(resources).map(({ message }) => message.replace(/^[a-z-]+: /u, ""));
const alone = (type: string, properties: Properties) => problems(resource(type, properties));

const document = (statement: Properties) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
const allow = (action: unknown, resources: unknown) =>
  document({ Effect: "Allow", Action: action, Resource: resources });

describe("the pack", () => {
  it("has a name of its own for each rule", () => {
    const names = [...RESOURCE_RULES, ...STACK_RULES].map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/u);
  });

  it("says which rule each problem is of, and of which resource", () => {
    const bad = resource("aws:cloudwatch/logGroup:LogGroup", {});
    expect(problemsOf([bad, resource("aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 30 })])).toEqual([
      { urn: bad.urn, message: "log-ends: keeps its log for ever, as no retentionInDays says" },
    ]);
  });
});

describe("permissions", () => {
  const POLICY = "aws:iam/rolePolicy:RolePolicy";

  it.each([
    ["bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"],
    ["s3:GetObject", "arn:aws:s3:::pharos-index-1/faiss/*"],
    ["s3:GetObject", "arn:aws:s3:::pharos-index-1/*"],
    ["secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:openai-??????"],
    [["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/pharos:*"]],
    [["ecr:GetAuthorizationToken"], "*"],
    ["bedrock:Rerank", "*"],
  ])("may be %j on %j", (action, on) => {
    expect(alone(POLICY, { policy: allow(action, on) })).toEqual([]);
  });

  it.each([
    ["bedrock:*", "arn:aws:bedrock:us-east-1::foundation-model/a"],
    ["*", "arn:aws:bedrock:us-east-1::foundation-model/a"],
    ["kendra:Retriev?", "arn:aws:kendra:us-east-1:123456789012:index/a"],
    ["bedrock:InvokeModel", "*"],
    [["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], "*"],
    ["bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/*"],
    ["bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/a"],
    ["bedrock:InvokeModel", "arn:*:bedrock:us-east-1::foundation-model/a"],
    ["kendra:Retrieve", "arn:aws:kendra:us-east-1:*:index/a"],
    ["logs:PutLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:*"],
    ["s3:GetObject", "arn:aws:s3:::*"],
    ["s3:GetObject", "arn:aws:s3:::pharos-*/faiss"],
    ["bedrock:InvokeModel", ["arn:aws:bedrock:us-east-1::foundation-model/a", "arn:aws:bedrock"]],
  ])("must not be %j on %j", (action, on) => {
    expect(alone(POLICY, { policy: allow(action, on) })).toHaveLength(1);
  });

  it("must not be all but what a statement names", () => {
    const policy = document({ Effect: "Allow", NotAction: "iam:PassRole", Resource: "arn:aws:s3:::a/b" });
    expect(alone(POLICY, { policy })).toEqual(["allows all but what it names"]);
  });

  it("are not looked at in what a statement denies", () => {
    expect(alone(POLICY, { policy: document({ Effect: "Deny", Action: "*", Resource: "*" }) })).toEqual([]);
  });

  it("have to be readable", () => {
    for (const policy of ["{", "[]", undefined, 7])
      expect(alone("aws:iam/policy:Policy", { policy })).toEqual(["is no policy document that can be read"]);
  });

  it("of a role are its own, and the role is for a named principal", () => {
    const assumeRolePolicy = (principal: unknown) =>
      document({ Effect: "Allow", Action: "sts:AssumeRole", Principal: principal });
    const ROLE = "aws:iam/role:Role";
    const tasks = assumeRolePolicy({ Service: "ecs-tasks.amazonaws.com" });
    expect(alone(ROLE, { assumeRolePolicy: tasks })).toEqual([]);
    expect(
      alone(ROLE, { assumeRolePolicy: tasks, inlinePolicies: [{ policy: allow("s3:*", "arn:aws:s3:::a/b") }] }),
    ).toEqual(["allows the actions s3:*"]);
    for (const everybody of ["*", { AWS: "*" }, { AWS: ["arn:aws:iam::123456789012:root", "*"] }])
      expect(alone(ROLE, { assumeRolePolicy: assumeRolePolicy(everybody) })).toEqual([
        "lets everybody do sts:AssumeRole",
      ]);
    const managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
    const attached = [`attaches ${managed}, which is a managed policy of AWS`];
    expect(alone(ROLE, { assumeRolePolicy: tasks, managedPolicyArns: [managed] })).toEqual(attached);
    expect(alone("aws:iam/rolePolicyAttachment:RolePolicyAttachment", { policyArn: managed })).toEqual(attached);
  });

  it("of a bucket let nobody in that is not named, and may refuse everybody", () => {
    const BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy";
    const refusal = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::a/*" };
    expect(alone(BUCKET_POLICY, { policy: document(refusal) })).toEqual([]);
    expect(alone(BUCKET_POLICY, { policy: document({ ...refusal, Effect: "Allow" }) })).toEqual([
      "lets everybody do s3:*",
    ]);
  });
});

describe("the network", () => {
  const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
  const GROUP = "aws:ec2/securityGroup:SecurityGroup";

  it("is open on the ports of the listeners alone", () => {
    const open = { cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp" };
    expect(alone(RULE, { ...open, fromPort: 443, toPort: 443 })).toEqual([]);
    expect(alone(RULE, { ...open, fromPort: 8080, toPort: 8080 })).toHaveLength(1);
    expect(alone(RULE, { ...open, fromPort: 80, toPort: 443 })).toHaveLength(1);
    expect(alone(RULE, { cidrIpv6: "::/0", ipProtocol: "-1" })).toEqual([
      "lets every address in on the ports 0 to 65535",
    ]);
    expect(alone(RULE, { cidrIpv4: "10.20.0.0/16", ipProtocol: "tcp", fromPort: 8080, toPort: 8080 })).toEqual([]);
    const former = { cidrBlocks: ["0.0.0.0/0"], protocol: "tcp", fromPort: 22, toPort: 22 };
    expect(alone("aws:ec2/securityGroupRule:SecurityGroupRule", { ...former, type: "ingress" })).toHaveLength(1);
    expect(alone("aws:ec2/securityGroupRule:SecurityGroupRule", { ...former, type: "egress" })).toEqual([]);
    expect(alone(GROUP, { ingress: [former], egress: [former] })).toHaveLength(1);
    expect(alone(GROUP, {})).toEqual([]);
  });

  it("never opens the tasks, on those ports neither", () => {
    const groups = [resource(GROUP, {}), resource(GROUP, {})] as const;
    const service = resource(
      "aws:ecs/service:Service",
      { deploymentCircuitBreaker: { enable: true, rollback: true } },
      [groups[1]],
    );
    const opening = (group: DeclaredResource) =>
      resource(RULE, { cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp", fromPort: 80, toPort: 80 }, [group]);
    expect(problems(...groups, service, opening(groups[0]))).toEqual([]);
    expect(problems(...groups, service, opening(groups[1]))).toEqual([
      "opens a security group of the tasks to every address",
    ]);
  });

  it("has a load balancer that drops what is no header", () => {
    expect(alone("aws:lb/loadBalancer:LoadBalancer", { dropInvalidHeaderFields: true })).toEqual([]);
    expect(alone("aws:lb/loadBalancer:LoadBalancer", {})).toEqual(["lets invalid header fields through"]);
  });
});

describe("the service", () => {
  const good = {
    deploymentCircuitBreaker: { enable: true, rollback: true },
    networkConfiguration: { assignPublicIp: false },
  };
  const service = (more: Properties) => alone("aws:ecs/service:Service", { ...good, ...more });

  it("rolls back, has no public address and no disk without encryption", () => {
    expect(service({})).toEqual([]);
    expect(service({ deploymentCircuitBreaker: { enable: true, rollback: false } })).toHaveLength(1);
    expect(service({ deploymentCircuitBreaker: undefined })).toHaveLength(1);
    expect(service({ networkConfiguration: { assignPublicIp: true } })).toEqual(["gives its tasks public addresses"]);
    expect(service({ volumeConfiguration: { managedEbsVolume: {} } })).toEqual(["attaches disks without encryption"]);
    expect(service({ volumeConfiguration: { managedEbsVolume: { encrypted: true } } })).toEqual([]);
    expect(alone("aws:ebs/volume:Volume", {})).toEqual(["is a disk without encryption"]);
  });

  it("runs containers that cannot write their root file system, by digest", () => {
    const image = `123456789012.dkr.ecr.eu-central-1.amazonaws.com/pharos@sha256:${"0a".repeat(32)}`;
    const container = { name: "pharos", image, readonlyRootFilesystem: true, user: "10001:10001" };
    const task = (more: Properties) =>
      alone("aws:ecs/taskDefinition:TaskDefinition", {
        containerDefinitions: JSON.stringify([{ ...container, ...more }]),
      });
    expect(task({})).toEqual([]);
    expect(task({ readonlyRootFilesystem: undefined })).toEqual(["lets pharos write its root file system"]);
    expect(task({ image: "pharos:latest" })).toEqual(["runs pharos from pharos:latest, which has no digest"]);
    expect(task({ user: "0:0", privileged: true })).toHaveLength(2);
    expect(alone("aws:ecs/taskDefinition:TaskDefinition", { containerDefinitions: "[" })).toHaveLength(1);
  });
});

describe("what holds data", () => {
  it("is a repository that is kept and scanned, and whose tags stay; a cache of layers is none", () => {
    const good = {
      tags: { "pulumi:owner": "pharos/prod" },
      imageScanningConfiguration: { scanOnPush: true },
      imageTagMutability: "IMMUTABLE",
      forceDelete: false,
    };
    const repository = (more: Properties) => resource("aws:ecr/repository:Repository", { ...good, ...more });
    expect(problems(repository({}))).toEqual([]);
    expect(problems({ ...repository({}), retainOnDelete: true })).toEqual([]);
    expect(problems({ ...repository({}), retainOnDelete: false })).toEqual([
      "is deleted when it is not declared any more",
    ]);
    expect(problems(repository({ imageScanningConfiguration: undefined }))).toHaveLength(1);
    expect(problems(repository({ imageTagMutability: "MUTABLE" }))).toEqual(["lets its tags be moved"]);
    expect(problems(repository({ forceDelete: true }))).toEqual(["can be deleted with images in it"]);
    expect(problems(repository({ tags: undefined, forceDelete: true }))).toEqual([]);
  });

  it("is a bucket that is private, encrypted and versioned", () => {
    const bucket = resource("aws:s3/bucket:Bucket", {});
    const locks = {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    };
    const lock = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";
    const others = [
      resource("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", {}, [bucket]),
      resource("aws:s3/bucketVersioning:BucketVersioning", {}, [bucket]),
    ];
    expect(problems(bucket, resource(lock, locks, [bucket]), ...others)).toEqual([]);
    expect(problems(bucket, resource(lock, locks), ...others)).toEqual(["has no block of public access"]);
    expect(problems(bucket)).toHaveLength(3);
    expect(alone(lock, { ...locks, blockPublicPolicy: false })).toEqual(["leaves blockPublicPolicy off"]);
    expect(alone("aws:s3/bucketAcl:BucketAcl", { acl: "public-read" })).toEqual(["has the ACL public-read"]);
  });

  it("is a log that ends", () => {
    expect(alone("aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 30 })).toEqual([]);
    expect(alone("aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 0 })).toHaveLength(1);
  });
});
