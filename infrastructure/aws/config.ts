import pulumi from "@pulumi/pulumi";
import type { Problem } from "../../domain/errors.ts";
import { ConfigError, check } from "../config/problems.ts";
import { addressesIn, parseCidr } from "./cidr.ts";
import { configSchema, type Given } from "./config-schema.ts";
import { FARGATE_MEMORY } from "./fargate-sizes.ts";
import type { Settings } from "./settings.ts";

/** As many addresses as 10.0.0.0/8 has: the load balancer is open to no more where the callers have no keys. */
const MAX_ADDRESSES_WITHOUT_KEYS = 2 ** 24;

/** Variables that the deployment sets, each with what decides about it. */
const RESERVED: Readonly<Record<string, string>> = {
  AWS_REGION: "the region",
  HOST: "the container",
  PHAROS_ANONYMOUS: "keysSecret",
  PHAROS_CONFIG: "the container",
  PHAROS_DATA: "the container",
  PHAROS_KEYS: "keysSecret",
  PHAROS_SERVICE: "the name",
  PHAROS_SNAPSHOT: "the deployment",
  PORT: "the container",
};

type Field = keyof Given;

/** What holds between keys: told of the first of them, and only where none of them is wrong by itself. */
interface Rule {
  readonly of: readonly [Field, ...Field[]];
  readonly problem: (given: Given) => string | undefined;
}

const RULES: readonly Rule[] = [
  {
    of: ["maxTasks", "minTasks"],
    problem: ({ minTasks, maxTasks = minTasks }) =>
      maxTasks < minTasks ? `must be at least minTasks, which is ${minTasks}` : undefined,
  },
  {
    of: ["memory", "cpu"],
    problem({ cpu, memory }) {
      const sizes = FARGATE_MEMORY.get(cpu) ?? [];
      return memory === undefined || sizes.includes(memory)
        ? undefined
        : `with cpu ${cpu} Fargate has ${sizes.join(", ")} MiB`;
    },
  },
  {
    of: ["allowedCidrs", "keysSecret"],
    problem({ allowedCidrs, keysSecret }) {
      const addresses = addressesIn(allowedCidrs.flatMap((cidr) => parseCidr(cidr) ?? []));
      return keysSecret === undefined && addresses > MAX_ADDRESSES_WITHOUT_KEYS
        ? "hold more addresses than a /8, and no caller would need a key: set keysSecret, or name the ranges of your callers"
        : undefined;
    },
  },
  {
    of: ["vpcCidr"],
    problem({ vpcCidr }) {
      const prefixLength = vpcCidr === undefined ? undefined : parseCidr(vpcCidr)?.prefixLength;
      return prefixLength !== undefined && (prefixLength < 16 || prefixLength > 24)
        ? "must be from a /16 to a /24"
        : undefined;
    },
  },
  ...(["vpcCidr", "zones"] as const).map(
    (field): Rule => ({
      of: [field, "vpcId"],
      problem: ({ vpcId, [field]: value }) =>
        vpcId !== undefined && value !== undefined ? "is of a new VPC, and vpcId names one that is there" : undefined,
    }),
  ),
  ...(["privateSubnetIds", "publicSubnetIds"] as const).map(
    (field): Rule => ({
      of: [field, "vpcId"],
      problem({ vpcId, [field]: ids = [] }) {
        if (vpcId === undefined) return ids.length > 0 ? "are of a VPC that is there: set vpcId too" : undefined;
        return ids.length < 2 ? "must be two at least, in two zones, as vpcId is set" : undefined;
      },
    }),
  ),
  ...(["certificateArn", "webAclArn", "alarmTopicArn"] as const).map(
    (field): Rule => ({
      of: [field, "region"],
      problem({ region, [field]: arn }) {
        const regionOfArn = arn?.split(":")[3];
        return regionOfArn !== undefined && region !== undefined && regionOfArn !== region
          ? `is of ${regionOfArn}, and the stack is in ${region}`
          : undefined;
      },
    }),
  ),
];

/**
 * Reads what `pulumi config` says of the stack: the keys of `pharos:`, and `aws:region`. Lists are JSON, or texts between commas; mappings
 * are JSON, as `pulumi config set --path` writes both. Other namespaces are left alone.
 * @param config by full keys: `{ "aws:region": "eu-central-1", "pharos:minTasks": "3" }`
 * @throws RunError that lists every problem
 */
export function readSettings(config: Readonly<Record<string, string>>): Settings {
  const own = new Map<string, unknown>();
  for (const [key, value] of Object.entries(config))
    if (key.startsWith("pharos:")) own.set(key.slice("pharos:".length), value);
  const problems = [...regionProblems(own.get("region"), config["aws:region"])];
  const region = own.get("region") ?? config["aws:region"];
  if (region !== undefined) own.set("region", region);

  const alone = check(configSchema, Object.fromEntries(own)).problems ?? [];
  const wrong = new Set(alone.map(({ field }) => field.split(/[.[]/u, 1)[0] ?? field));
  problems.push(...alone);
  const rest = check(configSchema, Object.fromEntries([...own].filter(([key]) => !wrong.has(key))));
  if (rest.data === undefined) throw refusal([...problems, ...rest.problems]);
  const given = rest.data;
  for (const { of, problem } of RULES) {
    const message = of.some((field) => wrong.has(field)) ? undefined : problem(given);
    if (message !== undefined) problems.push({ field: of[0], message });
  }
  problems.push(...variableProblems(given));
  if (problems.length > 0) throw refusal(problems);
  return settingsOf(given);
}

function regionProblems(own: unknown, ofProvider: string | undefined): readonly Problem[] {
  if (own === undefined && ofProvider === undefined)
    return [{ field: "region", message: "is missing: `pulumi config set aws:region REGION` sets it" }];
  if (own === undefined || ofProvider === undefined || own === ofProvider) return [];
  return [{ field: "region", message: "is another one than aws:region: keep one of the two" }];
}

/** Variables that are told twice, or that are the deployment's, or that look as if they were secrets. */
function variableProblems({ secrets, environment }: Given): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [field, variables] of Object.entries({ secrets, environment }))
    for (const variable of Object.keys(variables))
      if (Object.hasOwn(RESERVED, variable))
        problems.push({ field: `${field}.${variable}`, message: `is set by ${RESERVED[variable]}` });
  for (const variable of Object.keys(environment)) {
    if (Object.hasOwn(secrets, variable))
      problems.push({ field: `environment.${variable}`, message: "is among the secrets too" });
    else if (/(?:_KEY|_TOKEN|SECRET|PASSWORD)$/u.test(variable))
      problems.push({ field: `environment.${variable}`, message: "looks like a secret: name one in secrets" });
  }
  return problems;
}

function refusal(problems: readonly Problem[]): pulumi.RunError {
  const named = problems.map(({ field, message }) => ({ field: `pharos:${field}`, message }));
  return new pulumi.RunError(new ConfigError("The stack's configuration", named).message);
}

function settingsOf({ region = "", maxTasks, memory, ...given }: Given): Settings {
  const { vpcCidr, zones, vpcId, privateSubnetIds, publicSubnetIds, ...others } = given;
  const { smokeTest, smokeKey, smokePrompt, ...rest } = others;
  return {
    ...rest,
    region,
    maxTasks: maxTasks ?? Math.max(given.minTasks, 6),
    // Fargate has this pair for every number of units.
    memory: memory ?? 4 * given.cpu,
    network:
      vpcId === undefined
        ? { kind: "new", cidr: vpcCidr ?? "10.20.0.0/16", zones: zones ?? 2 }
        : { kind: "existing", vpcId, privateSubnetIds: privateSubnetIds ?? [], publicSubnetIds: publicSubnetIds ?? [] },
    smoke: {
      // Nobody outside of the VPC reaches an internal load balancer.
      test: smokeTest ?? (given.allowedCidrs.length > 0 ? "service" : "rollout"),
      ...(smokeKey === undefined ? {} : { key: smokeKey }),
      ...(smokePrompt === undefined ? {} : { prompt: smokePrompt }),
    },
  };
}

/** What is allowed, and what somebody should know of all the same. */
export function warningsOf({ allowedCidrs, certificateArn, keysSecret }: Settings): readonly string[] {
  return allowedCidrs.length > 0 && keysSecret !== undefined && certificateArn === undefined
    ? ["pharos:certificateArn is not set: the callers' keys go to the load balancer unencrypted."]
    : [];
}
