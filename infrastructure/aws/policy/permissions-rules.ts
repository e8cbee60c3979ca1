import { z } from "zod";
import type { ResourceRule } from "./rule.ts";

const many = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const statement = z.object({
  Effect: z.string(),
  Action: many.default([]),
  Resource: many.default([]),
  NotAction: z.unknown().optional(),
  NotResource: z.unknown().optional(),
  Principal: z.unknown().optional(),
  NotPrincipal: z.unknown().optional(),
});

const policyDocument = z.object({
  Statement: z.union([statement.transform((one) => [one]), z.array(statement)]),
});

type Statement = z.output<typeof statement>;

/**
 * ECR gives its token to an account and not to a repository: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 * Rerank is of no model; bedrock:InvokeModel, which it needs too, is: docs.aws.amazon.com/bedrock/latest/userguide/rerank-prereq.html
 */
const WITHOUT_RESOURCE = new Set(["bedrock:Rerank", "ecr:GetAuthorizationToken"]);

export const PERMISSIONS_RULES: readonly ResourceRule[] = [
  {
    name: "no-wildcard-permission",
    description:
      "A policy allows named actions on named resources; ecr:GetAuthorizationToken and bedrock:Rerank know no resource.",
    types: ["aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy"],
    problems: ({ properties }) => documentProblems(properties.policy, wildcardProblems),
  },
  {
    name: "no-wildcard-permission-in-a-role",
    description:
      "A role has policies of its own, whose actions and resources are named, and a principal that may take it.",
    types: ["aws:iam/role:Role"],
    problems: ({ properties }) => [
      ...documentProblems(properties.assumeRolePolicy, principalProblems),
      ...inlinePolicies
        .parse(properties.inlinePolicies ?? [])
        .flatMap(({ policy }) => documentProblems(policy, wildcardProblems)),
      ...z
        .array(z.string())
        .parse(properties.managedPolicyArns ?? [])
        .flatMap(managedProblems),
    ],
  },
  {
    name: "no-managed-policy",
    description: "The managed policies of AWS allow more than this service needs, most of them on every resource.",
    types: ["aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment"],
    problems: ({ properties }) => managedProblems(String(properties.policyArn)),
  },
  {
    name: "no-open-resource-policy",
    description: "No policy of a bucket, a repository, a topic or a secret lets everybody in.",
    types: [
      "aws:s3/bucketPolicy:BucketPolicy",
      "aws:ecr/repositoryPolicy:RepositoryPolicy",
      "aws:sns/topicPolicy:TopicPolicy",
      "aws:secretsmanager/secretPolicy:SecretPolicy",
    ],
    problems: ({ properties }) => documentProblems(properties.policy, principalProblems),
  },
];

const inlinePolicies = z.array(z.object({ policy: z.unknown().optional() }));

/** What is wrong with the statements of a policy that allow something. */
function documentProblems(policy: unknown, problemsOf: (allowed: Statement) => readonly string[]): readonly string[] {
  const { data } = policyDocument.safeParse(typeof policy === "string" ? jsonOf(policy) : policy);
  if (data === undefined) return ["is no policy document that can be read"];
  return data.Statement.filter(({ Effect }) => Effect === "Allow").flatMap(problemsOf);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wildcardProblems({ Action, Resource, NotAction, NotResource }: Statement): readonly string[] {
  const problems: string[] = [];
  if (NotAction !== undefined || NotResource !== undefined) problems.push("allows all but what it names");
  for (const action of Action) if (/[*?]/u.test(action)) problems.push(`allows the actions ${action}`);
  const unbound = Action.length > 0 && Action.every((action) => WITHOUT_RESOURCE.has(action));
  for (const resource of Resource)
    if (isWildcard(resource) && !(resource === "*" && unbound))
      problems.push(`allows ${Action.join(", ")} on ${resource}`);
  return problems;
}

/**
 * Whether an ARN names more than one thing of its kind: `*`, any partition, region or account, and `foundation-model/*`. The objects
 * of one bucket, the streams of one log group and the suffix that Secrets Manager gives a secret are one thing.
 */
function isWildcard(resource: string): boolean {
  const [arn, partition, service, region, account, ...rest] = resource.split(":");
  if (arn !== "arn" || rest.length === 0) return true;
  const head = [partition, service, region, account];
  if (head.some((part) => part === undefined || /[*?]/u.test(part))) return true;
  const [, kind = "", name = ""] = /^([^/:]*)[/:]?(.*)$/u.exec(rest.join(":")) ?? [];
  return /[*?]/u.test(kind) || (service !== "s3" && /^[*?]/u.test(name));
}

function principalProblems({ Principal, NotPrincipal, Action }: Statement): readonly string[] {
  if (NotPrincipal !== undefined) return ["lets everybody in but those that it names"];
  return JSON.stringify(Principal ?? "*").includes('"*"') ? [`lets everybody do ${Action.join(", ")}`] : [];
}

function managedProblems(arn: string): readonly string[] {
  return /^arn:[a-z-]+:iam::aws:/u.test(arn) ? [`attaches ${arn}, which is a managed policy of AWS`] : [];
}
