import { z } from "zod";
import { parseCidr } from "./cidr.ts";
import { FARGATE_MEMORY } from "./fargate-sizes.ts";

/** Days that CloudWatch can keep a log: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const text = (regex: RegExp, message: string) => z.string().regex(regex, message);
const count = (minimum: number, maximum: number) => z.preprocess(numberOf, z.int().min(minimum).max(maximum));
const oneOf = (numbers: readonly number[]) =>
  z.preprocess(
    numberOf,
    z.number().refine((value) => numbers.includes(value), `must be one of ${numbers.join(", ")}`),
  );
const list = (item: z.ZodString) => z.preprocess(listOf, z.array(item));
const mapping = <Value extends z.ZodType>(value: Value) => z.preprocess(mappingOf, z.record(variable, value));

const range = z
  .string()
  .refine(
    (cidr) => parseCidr(cidr) !== undefined,
    "must be an IPv4 range by its first address, such as 203.0.113.0/24",
  );
const variable = text(/^[A-Z][A-Z0-9_]{0,127}$/u, "a variable has capital letters, digits and _, a letter first");
const secretName = text(/^[\w/+=.@-]{1,512}$/u, "must be the name of a secret of Secrets Manager, and no ARN");
const subnets = list(text(/^subnet-[0-9a-f]{8,17}$/u, "must be the id of a subnet, such as subnet-0a1b2c3d"));

/** What the keys of `pharos:` may be, each by itself: texts, as `pulumi config` gives them. */
export const configSchema = z.strictObject({
  name: text(/^[a-z][a-z0-9-]{0,23}$/u, "has 1 to 24 small letters, digits and hyphens, a letter first").default(
    "pharos",
  ),
  region: text(/^[a-z]{2}(-[a-z]+)+-\d$/u, "must be a region of AWS, such as eu-central-1").exactOptional(),
  minTasks: count(1, 100).default(2),
  maxTasks: count(1, 100).exactOptional(),
  cpu: oneOf([...FARGATE_MEMORY.keys()]).default(1024),
  memory: count(512, 122_880).exactOptional(),
  architecture: z.enum(["arm64", "amd64"]).default("arm64"),
  imageUri: text(
    /^[a-z0-9][\w.:-]*(\/[a-z0-9][\w.-]*)+(:[\w.-]+|@sha256:[0-9a-f]{64})$/u,
    "must be an image with its registry and its tag or digest: registry/repository@sha256:...",
  ).exactOptional(),
  certificateArn: text(
    /^arn:[a-z-]+:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/u,
    "must be the ARN of a certificate of ACM",
  ).exactOptional(),
  allowedCidrs: list(range).default([]),
  vpcCidr: range.exactOptional(),
  zones: count(2, 6).exactOptional(),
  vpcId: text(/^vpc-[0-9a-f]{8,17}$/u, "must be the id of a VPC, such as vpc-0a1b2c3d").exactOptional(),
  privateSubnetIds: subnets.exactOptional(),
  publicSubnetIds: subnets.exactOptional(),
  secrets: mapping(secretName).default({}),
  keysSecret: secretName.exactOptional(),
  environment: mapping(z.coerce.string()).default({}),
  alarmTopicArn: text(
    /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/u,
    "must be the ARN of an SNS topic",
  ).exactOptional(),
  webAclArn: text(
    /^arn:[a-z-]+:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/.+$/u,
    "must be the ARN of a regional web ACL",
  ).exactOptional(),
  logRetentionDays: oneOf(RETENTION_DAYS).default(30),
  smokeTest: z.enum(["service", "rollout"]).exactOptional(),
  smokeKey: z.string().min(1).exactOptional(),
  smokePrompt: z.string().min(1).exactOptional(),
});

/** The keys, checked each by itself. */
export type Given = z.output<typeof configSchema>;

function numberOf(value: unknown): unknown {
  return typeof value === "string" && /^\d+$/u.test(value) ? Number(value) : value;
}

/** JSON, or texts between commas. */
function listOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (value.startsWith("[")) return parsedJson(value);
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function mappingOf(value: unknown): unknown {
  return typeof value === "string" ? parsedJson(value) : value;
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
