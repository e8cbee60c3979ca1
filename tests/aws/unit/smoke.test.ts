import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pulumi from "@pulumi/pulumi";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkDeployed, checkDeployment, type Deployed, type SmokeInputs } from "../../../infrastructure/aws/smoke.ts";
import { type Cloud, outputValue, runProgram } from "../support/pulumi-mocks.ts";

const OURS = "arn:aws:ecs:eu-central-1:123456789012:task-definition/pharos:7";
const FORMER = "arn:aws:ecs:eu-central-1:123456789012:task-definition/pharos:6";
const CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/pharos";

const running = (taskDefinition: string): NonNullable<Cloud["functions"]> => ({
  "aws:ecs/getService:getService": () => ({
    deployments: [{ status: "PRIMARY", taskDefinition, desiredCount: 2, runningCount: 2 }],
    events: [{ message: "(service pharos) rolling back to deployment ecs-svc/6." }],
  }),
});

/** A ready service that takes one key, and the keys that it was shown. */
async function startService() {
  const keys: unknown[] = [];
  const available = ["model extractive", "search faiss"].map((entry) => {
    const [kind, name] = entry.split(" ");
    return { kind, name };
  });
  const server = createServer((request, response) => {
    if (request.url === "/health/ready") response.end(JSON.stringify({ available }));
    else if (keys.push(request.headers.authorization) === 1) response.writeHead(401).end();
    else response.end(JSON.stringify({ citations: [{ verified: true }], finish_reason: "stop" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

/** Runs something of the check in a program, and tells which functions of providers it called. */
async function run<Result>(check: (pause: () => Promise<void>) => Result | Promise<Result>, cloud: Cloud) {
  const { result, calls } = await runProgram(() => check(async () => undefined), cloud);
  return { result, calls };
}

const inputsFor = (more: Partial<SmokeInputs>): SmokeInputs => ({
  url: "http://127.0.0.1:9",
  reachable: true,
  clusterArn: CLUSTER,
  serviceName: "pharos",
  taskDefinitionArn: OURS,
  keysRequired: true,
  ...more,
});

describe("the check after an update", () => {
  it("tells what runs and what answers, and keeps the key to itself", async () => {
    const { url, keys } = await startService();
    const { result, calls } = await run(
      async (pause) => {
        const found = checkDeployment(inputsFor({ url, key: pulumi.secret("pharos_loopback") }), {}, pause);
        return { sentences: await outputValue(found), isSecret: await pulumi.isSecret(found) };
      },
      { functions: running(OURS) },
    );
    expect(result).toEqual({
      isSecret: false,
      sentences: [
        "The service runs pharos:7 with 2 of 2 tasks.",
        `${url} is ready.`,
        "/generate refuses a caller without a key.",
        "/generate answers from faiss with 1 verified citation.",
      ],
    });
    expect(keys).toEqual([undefined, "Bearer pharos_loopback"]);
    expect(calls).toEqual([
      { token: "aws:ecs/getService:getService", inputs: { clusterArn: CLUSTER, serviceName: "pharos" } },
    ]);
  });

  it("asks nothing in a preview", async () => {
    const { result, calls } = await run((pause) => outputValue(checkDeployment(inputsFor({}), {}, pause)), {
      preview: true,
    });
    expect([result, calls]).toEqual([[], []]);
  });

  it("takes the name of the listener's certificate from ACM", async () => {
    const certificateArn = "arn:aws:acm:eu-central-1:123456789012:certificate/1";
    const { readings } = await runProgram(
      () => {
        checkDeployment(inputsFor({ certificateArn }));
      },
      { preview: true },
    );
    expect(readings).toEqual([
      expect.objectContaining({ type: "aws:acm/certificate:Certificate", id: certificateArn }),
    ]);
  });
});

describe("the failure after an update", () => {
  const deployed = { clusterArn: CLUSTER, serviceName: "pharos", taskDefinitionArn: OURS, reachable: true };
  const failureOf = async (more: Partial<Deployed> & Pick<Deployed, "check">, taskDefinition: string) => {
    const check = (pause: () => Promise<void>) =>
      checkDeployed({ ...deployed, ...more }, {}, pause).catch((error: unknown) => error);
    return (await run(check, { functions: running(taskDefinition) })).result;
  };

  it("names both task definitions where the deployment was rolled back, and nobody asks what runs now", async () => {
    const { url, keys } = await startService();
    const failure = await failureOf({ check: { url, keysRequired: true } }, FORMER);
    expect(failure).toBeInstanceOf(pulumi.RunError);
    const { message, stack } = failure as Error;
    expect(message).toMatch(/^After the update: The service runs pharos:6 and not pharos:7.*rolling back to/u);
    expect(stack).toBeUndefined();
    expect(keys).toEqual([]);
  });

  it("says how the service was met where it does not answer", async () => {
    expect(await failureOf({ check: { url: "http://127.0.0.1:9", keysRequired: true } }, OURS)).toMatchObject({
      message: expect.stringMatching(/not ready after 60 attempts.*ECONNREFUSED/u),
    });
  });

  it("is of the rollout alone where the load balancer is internal", async () => {
    const internal = { check: { url: "http://internal-pharos", keysRequired: true }, reachable: false };
    expect(await failureOf(internal, OURS)).toEqual([
      "The service runs pharos:7 with 2 of 2 tasks.",
      "http://internal-pharos is not asked from here.",
    ]);
    expect(await failureOf(internal, FORMER)).toBeInstanceOf(pulumi.RunError);
  });
});
