import { RunError } from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCidr } from "../../../infrastructure/aws/cidr.ts";
import { readSettings, warningsOf } from "../../../infrastructure/aws/config.ts";
import { FARGATE_MEMORY } from "../../../infrastructure/aws/fargate-sizes.ts";

const REGION = { "aws:region": "eu-central-1" };

/** The problems that `pulumi config` with these keys of `pharos:` has, a line each. */
function problemsOf(own: Readonly<Record<string, string>>, provider: Readonly<Record<string, string>> = REGION) {
  const config = Object.fromEntries(Object.entries(own).map(([key, value]) => [`pharos:${key}`, value]));
  try {
    readSettings({ ...provider, ...config });
    return [];
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
}

describe("the configuration of the deployment", () => {
  it("needs the region alone", () => {
    expect(readSettings(REGION)).toEqual({
      ...{ name: "pharos", region: "eu-central-1", minTasks: 2, maxTasks: 6, cpu: 1024, memory: 4096 },
      ...{ architecture: "arm64", allowedCidrs: [], secrets: {}, environment: {}, logRetentionDays: 30 },
      network: { kind: "new", cidr: "10.20.0.0/16", zones: 2 },
      smoke: { test: "rollout" },
    });
  });

  it("takes everything that it knows", () => {
    const settings = readSettings({
      "pharos:region": "us-west-2",
      "pharos:name": "search",
      "pharos:minTasks": "3",
      "pharos:maxTasks": "12",
      "pharos:cpu": "2048",
      "pharos:memory": "6144",
      "pharos:architecture": "amd64",
      "pharos:imageUri": "ghcr.io/acme/pharos:1.2.3",
      "pharos:certificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/abc",
      "pharos:allowedCidrs": '["203.0.113.0/24", "198.51.100.7/32"]',
      "pharos:vpcId": "vpc-0a1b2c3d",
      "pharos:privateSubnetIds": "subnet-0a1b2c3d, subnet-1a1b2c3d",
      "pharos:publicSubnetIds": "subnet-2a1b2c3d,subnet-3a1b2c3d",
      "pharos:secrets": '{"OPENAI_API_KEY": "pharos/openai"}',
      "pharos:keysSecret": "pharos/keys",
      "pharos:environment": '{"LOG_LEVEL": "debug", "KENDRA_INDEX_ID": 7}',
      "pharos:alarmTopicArn": "arn:aws:sns:us-west-2:123456789012:alarms",
      "pharos:webAclArn": "arn:aws:wafv2:us-west-2:123456789012:regional/webacl/main/1",
      "pharos:logRetentionDays": "365",
      "pharos:smokeKey": "pharos_key",
      "pharos:smokePrompt": "Who may ask?",
      "docker-build:host": "left alone",
    });
    expect(settings).toEqual({
      ...{ name: "search", region: "us-west-2", minTasks: 3, maxTasks: 12, cpu: 2048, memory: 6144 },
      ...{ architecture: "amd64", imageUri: "ghcr.io/acme/pharos:1.2.3", logRetentionDays: 365 },
      certificateArn: "arn:aws:acm:us-west-2:123456789012:certificate/abc",
      allowedCidrs: ["203.0.113.0/24", "198.51.100.7/32"],
      network: {
        kind: "existing",
        vpcId: "vpc-0a1b2c3d",
        privateSubnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
        publicSubnetIds: ["subnet-2a1b2c3d", "subnet-3a1b2c3d"],
      },
      secrets: { OPENAI_API_KEY: "pharos/openai" },
      keysSecret: "pharos/keys",
      environment: { LOG_LEVEL: "debug", KENDRA_INDEX_ID: "7" },
      alarmTopicArn: "arn:aws:sns:us-west-2:123456789012:alarms",
      webAclArn: "arn:aws:wafv2:us-west-2:123456789012:regional/webacl/main/1",
      smoke: { test: "service", key: "pharos_key", prompt: "Who may ask?" },
    });
  });

  it("has the load balancer's URL asked after an update only where it is no internal one, or as it is told", () => {
    const open = { ...REGION, "pharos:allowedCidrs": "203.0.113.0/24" };
    expect(readSettings(REGION).smoke.test).toBe("rollout");
    expect(readSettings(open).smoke.test).toBe("service");
    expect(readSettings({ ...open, "pharos:smokeTest": "rollout" }).smoke.test).toBe("rollout");
  });

  it("warns of keys that go over HTTP", () => {
    const open = { ...REGION, "pharos:allowedCidrs": "0.0.0.0/0", "pharos:keysSecret": "pharos/keys" };
    const certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/abc";
    expect(warningsOf(readSettings(open))).toEqual([expect.stringContaining("unencrypted")]);
    expect(warningsOf(readSettings({ ...open, "pharos:certificateArn": certificate }))).toEqual([]);
    expect(warningsOf(readSettings(REGION))).toEqual([]);
  });

  it("tells every problem at once", () => {
    const problems = problemsOf(
      {
        name: "Pharos!",
        minTasks: "5",
        maxTasks: "2",
        cpu: "1024",
        memory: "512",
        allowedCidrs: "203.0.113.7/24,anywhere",
        secrets: '{"openai": "arn:aws:secretsmanager:x"}',
        logRetentionDays: "12",
        zone: "3",
      },
      {},
    );
    expect(problems).toEqual([
      "pharos:region: is missing: `pulumi config set aws:region REGION` sets it",
      "pharos:name: has 1 to 24 small letters, digits and hyphens, a letter first",
      "pharos:allowedCidrs[0]: must be an IPv4 range by its first address, such as 203.0.113.0/24",
      "pharos:allowedCidrs[1]: must be an IPv4 range by its first address, such as 203.0.113.0/24",
      "pharos:secrets.openai: a variable has capital letters, digits and _, a letter first",
      expect.stringMatching(/^pharos:logRetentionDays: must be one of 1, 3, 5/u),
      "pharos:zone: unknown key",
      "pharos:maxTasks: must be at least minTasks, which is 5",
      "pharos:memory: with cpu 1024 Fargate has 2048, 3072, 4096, 5120, 6144, 7168, 8192 MiB",
    ]);
  });

  it.each([["0.0.0.0/0"], ["0.0.0.0/1,128.0.0.0/1"], ["10.0.0.0/7"], ["10.0.0.0/8,192.168.0.0/16"]])(
    "opens %s to nobody without keys of the callers",
    (allowedCidrs) => {
      expect(problemsOf({ allowedCidrs })).toEqual([
        "pharos:allowedCidrs: hold more addresses than a /8, and no caller would need a key: set keysSecret, or name the ranges of your callers",
      ]);
      expect(problemsOf({ allowedCidrs, keysSecret: "pharos/keys" })).toEqual([]);
    },
  );

  it("opens a range of the callers' own without keys", () => {
    expect(problemsOf({ allowedCidrs: "203.0.113.0/24" })).toEqual([]);
    expect(problemsOf({ allowedCidrs: "10.0.0.0/8" })).toEqual([]);
  });

  it("takes a network that is there whole, or none of it", () => {
    expect(problemsOf({ vpcId: "vpc-0a1b2c3d", vpcCidr: "10.0.0.0/16", privateSubnetIds: "subnet-0a1b2c3d" })).toEqual([
      "pharos:vpcCidr: is of a new VPC, and vpcId names one that is there",
      "pharos:privateSubnetIds: must be two at least, in two zones, as vpcId is set",
      "pharos:publicSubnetIds: must be two at least, in two zones, as vpcId is set",
    ]);
    expect(problemsOf({ publicSubnetIds: "subnet-0a1b2c3d" })).toEqual([
      "pharos:publicSubnetIds: are of a VPC that is there: set vpcId too",
    ]);
    expect(problemsOf({ vpcCidr: "10.0.0.0/8" })).toEqual(["pharos:vpcCidr: must be from a /16 to a /24"]);
  });

  it("refuses variables that the deployment sets, that are told twice, or that look like secrets", () => {
    const environment = '{"PHAROS_DATA": "/x", "OPENAI_API_KEY": "sk-1", "TEAM": "search", "COHERE_API_KEY": "1"}';
    const problems = problemsOf({ environment, secrets: '{"OPENAI_API_KEY": "openai", "PHAROS_KEYS": "keys"}' });
    expect(problems).toEqual([
      "pharos:secrets.PHAROS_KEYS: is set by keysSecret",
      "pharos:environment.PHAROS_DATA: is set by the container",
      "pharos:environment.OPENAI_API_KEY: is among the secrets too",
      "pharos:environment.COHERE_API_KEY: looks like a secret: name one in secrets",
    ]);
    expect(problems.join()).not.toContain("sk-1");
  });

  it("refuses what is of another region", () => {
    expect(problemsOf({ certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/abc" })).toEqual([
      "pharos:certificateArn: is of us-east-1, and the stack is in eu-central-1",
    ]);
    expect(problemsOf({ region: "us-east-1" })).toEqual([
      "pharos:region: is another one than aws:region: keep one of the two",
    ]);
  });

  it("takes the pairs of CPU and memory that Fargate has, and gives each CPU four times its units of memory", () => {
    const memories = [...new Set([...FARGATE_MEMORY.values()].flat())];
    for (const [cpu, sizes] of FARGATE_MEMORY) {
      expect(readSettings({ ...REGION, "pharos:cpu": String(cpu) }).memory).toBe(4 * cpu);
      expect(sizes).toContain(4 * cpu);
      for (const memory of memories)
        expect(problemsOf({ cpu: String(cpu), memory: String(memory) }).length).toBe(sizes.includes(memory) ? 0 : 1);
    }
  });

  it("refuses whatever it cannot read as a configuration error, and never breaks", () => {
    const keys = ["allowedCidrs", "secrets", "environment", "minTasks", "cpu", "privateSubnetIds", "imageUri"];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.oneof(fc.string(), fc.json()), (key, value) => {
        try {
          readSettings({ ...REGION, [`pharos:${key}`]: value });
        } catch (error) {
          expect(error).toBeInstanceOf(RunError);
        }
      }),
    );
  });
});

describe("a range of addresses", () => {
  it("is read if it begins with its first address", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 32 }), (address, prefixLength) => {
        const octets = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
        const isFirst = address % 2 ** (32 - prefixLength) === 0;
        expect(parseCidr(`${octets.join(".")}/${prefixLength}`)).toEqual(
          isFirst ? { address, prefixLength } : undefined,
        );
      }),
    );
  });

  it.each(["", "10.0.0.0", "10.0.0.256/32", "10.0.0.0/33", "10.0.0/8", "::/0", " 10.0.0.0/8", "10.0.0.0/8x"])(
    "is not %j",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );
});
