import { beforeAll, describe, expect, it } from "vitest";
import { CERTIFICATE, INPUTS, type MadeService, makeService, TYPES, withSettings } from "../support/make-service.ts";
import { theOnly } from "../support/pulumi-mocks.ts";

let made: MadeService;
beforeAll(async () => {
  made = await makeService(INPUTS);
});

describe("the task definition", () => {
  it("is one of Fargate's, with its size, architecture, roles and volumes, and keeps its revisions", () => {
    const { containerDefinitions, ...inputs } = theOnly(made.registrations, TYPES.taskDefinition).inputs;
    expect(inputs).toEqual({
      family: "pharos",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "1024",
      memory: "4096",
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "ARM64" },
      executionRoleArn: INPUTS.executionRoleArn,
      taskRoleArn: INPUTS.taskRoleArn,
      volumes: [{ name: "data" }, { name: "temporary" }],
      skipDestroy: true,
    });
    expect(JSON.parse(String(containerDefinitions))).toHaveLength(1);
  });

  it("runs on x86 where the image is built for it", async () => {
    const { registrations } = await withSettings({ architecture: "amd64" });
    expect(theOnly(registrations, TYPES.taskDefinition).inputs.runtimePlatform).toEqual({
      operatingSystemFamily: "LINUX",
      cpuArchitecture: "X86_64",
    });
  });

  it("has the variables of the settings and of the deployment, and the port that the load balancer asks", () => {
    const { containerDefinitions } = theOnly(made.registrations, TYPES.taskDefinition).inputs;
    expect(JSON.parse(String(containerDefinitions))).toMatchObject([
      {
        image: INPUTS.image,
        environment: [
          { name: "LOG_LEVEL", value: "info" },
          { name: "PHAROS_ANONYMOUS", value: "true" },
          { name: "PHAROS_SERVICE", value: "pharos" },
          { name: "PORT", value: "8080" },
        ],
        secrets: [{ name: "OPENAI_API_KEY", valueFrom: INPUTS.secrets[0]?.valueFrom }],
      },
    ]);
  });
});

describe("the service", () => {
  it("runs tasks without addresses of the Internet, and brings a new revision in without taking the old one away first", () => {
    expect(theOnly(made.registrations, TYPES.service).inputs).toEqual({
      name: "pharos",
      cluster: "arn:aws:ecs:eu-central-1:123456789012:pharos",
      taskDefinition: "arn:aws:ecs:eu-central-1:123456789012:pharos",
      launchType: "FARGATE",
      desiredCount: 2,
      networkConfiguration: {
        subnets: ["private-a", "private-b"],
        securityGroups: ["pharos-task-id"],
        assignPublicIp: false,
      },
      loadBalancers: [
        {
          targetGroupArn: "arn:aws:lb:eu-central-1:123456789012:pharos",
          containerName: "pharos",
          containerPort: 8_080,
        },
      ],
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      healthCheckGracePeriodSeconds: 300,
      availabilityZoneRebalancing: "ENABLED",
      enableEcsManagedTags: true,
      propagateTags: "SERVICE",
      waitForSteadyState: true,
    });
  });

  it("waits for the listener that forwards to it, leaves the number of tasks to the autoscaling, and has time to be deployed", async () => {
    const secure = await withSettings({ certificateArn: CERTIFICATE });
    const { options } = theOnly(secure.registrations, TYPES.service);
    expect(options.dependencies).toContain(theOnly(secure.registrations, TYPES.listener, "pharos-https").urn);
    expect(options.ignoreChanges).toEqual(["desiredCount"]);
    expect(options.timeouts).toEqual({ create: "34m", update: "34m", delete: "34m" });
  });

  it("starts no task before the policies of its roles are there, which their ARNs do not wait for", () => {
    const policy = theOnly(made.registrations, "aws:iam/rolePolicy:RolePolicy");
    expect(theOnly(made.registrations, TYPES.service).options.dependencies).toContain(policy.urn);
  });

  it("has a cluster whose containers are measured", () => {
    expect(theOnly(made.registrations, TYPES.cluster).inputs).toEqual({
      settings: [{ name: "containerInsights", value: "enabled" }],
    });
  });

  it("is refused where the config drains for longer than Fargate waits", async () => {
    const long = { deadlineMs: 60_000, shutdownMs: 120_000 };
    await expect(makeService({ ...INPUTS, server: long })).rejects.toThrow(
      "server.drain_ms of the config: together at most",
    );
  });

  it("says where it is and what it is called", () => {
    expect(made.result).toEqual({
      url: "http://pharos-1.eu-central-1.elb.amazonaws.com",
      loadBalancerArnSuffix: "app/pharos/1",
      targetGroupArnSuffix: "targetgroup/pharos/2",
      clusterArn: "arn:aws:ecs:eu-central-1:123456789012:pharos",
      clusterName: "pharos-1a2b3c4",
      serviceName: "pharos",
      taskDefinitionArn: "arn:aws:ecs:eu-central-1:123456789012:pharos",
    });
  });

  it("holds everything that it is made of, so that nothing of it stands alone in the stack", () => {
    const parents = new Map(made.registrations.map(({ urn, parent }) => [urn, parent]));
    const isHeld = (urn: string | undefined): boolean =>
      urn !== undefined && (urn.includes("pharos:aws:Service::") || isHeld(parents.get(urn)));
    const outside = made.registrations.filter(({ urn, type }) => type.startsWith("aws:") && !isHeld(urn));
    expect(outside.map(({ type }) => type)).toEqual(["aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"]);
  });
});
