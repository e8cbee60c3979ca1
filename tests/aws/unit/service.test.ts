import { beforeAll, describe, expect, it } from "vitest";
import { Service, type ServiceInputs } from "../../../infrastructure/aws/service.ts";
import type { Settings } from "../../../infrastructure/aws/settings.ts";
import { outputValue, type Recording, type Registration, runProgram, theOnly } from "../support/pulumi-mocks.ts";

const TYPES = {
  cluster: "aws:ecs/cluster:Cluster",
  egress: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  ingress: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  listener: "aws:lb/listener:Listener",
  loadBalancer: "aws:lb/loadBalancer:LoadBalancer",
  policy: "aws:appautoscaling/policy:Policy",
  securityGroup: "aws:ec2/securityGroup:SecurityGroup",
  service: "aws:ecs/service:Service",
  target: "aws:appautoscaling/target:Target",
  targetGroup: "aws:lb/targetGroup:TargetGroup",
  taskDefinition: "aws:ecs/taskDefinition:TaskDefinition",
  webAcl: "aws:wafv2/webAclAssociation:WebAclAssociation",
} as const;

const CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/1";
const WEB_ACL = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/pharos/1";

const SETTINGS: Settings = {
  name: "pharos",
  region: "eu-central-1",
  minTasks: 2,
  maxTasks: 6,
  cpu: 1_024,
  memory: 4_096,
  architecture: "arm64",
  allowedCidrs: ["192.0.2.0/24", "198.51.100.7/32"],
  network: { kind: "new", cidr: "10.20.0.0/16", zones: 2 },
  secrets: {},
  environment: { LOG_LEVEL: "info", PORT: "1" },
  logRetentionDays: 30,
};

const INPUTS: ServiceInputs = {
  settings: SETTINGS,
  server: { deadlineMs: 60_000, drainMs: 20_000 },
  network: {
    vpcId: "vpc-1",
    vpcCidr: "10.20.0.0/16",
    publicSubnetIds: ["public-a", "public-b"],
    privateSubnetIds: ["private-a", "private-b"],
    reachesOutside: false,
    s3PrefixListId: "pl-1",
  },
  image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pharos@sha256:1",
  executionRoleArn: "arn:aws:iam::123456789012:role/execution",
  taskRoleArn: "arn:aws:iam::123456789012:role/task",
  logGroupName: "/pharos",
  secrets: [
    { variable: "OPENAI_API_KEY", valueFrom: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:openai" },
  ],
  environment: { PHAROS_SERVICE: "pharos" },
};

interface Made extends Recording {
  readonly result: Readonly<Record<string, string>>;
}

function makeService(inputs: ServiceInputs): Promise<Made> {
  return runProgram(
    async () => {
      const made = new Service("pharos", inputs);
      const { url, loadBalancerArnSuffix, targetGroupArnSuffix, clusterName, serviceName, taskDefinitionArn } = made;
      return {
        url: await outputValue(url),
        loadBalancerArnSuffix: await outputValue(loadBalancerArnSuffix),
        targetGroupArnSuffix: await outputValue(targetGroupArnSuffix),
        clusterName: await outputValue(clusterName),
        serviceName: await outputValue(serviceName),
        taskDefinitionArn: await outputValue(taskDefinitionArn),
      };
    },
    {
      outputs({ type, name }) {
        if (type === TYPES.loadBalancer)
          return { arnSuffix: "app/pharos/1", dnsName: "pharos-1.eu-central-1.elb.amazonaws.com" };
        if (type === TYPES.targetGroup) return { arnSuffix: "targetgroup/pharos/2" };
        return type === TYPES.cluster ? { name: `${name}-1a2b3c4` } : {};
      },
    },
  );
}

const withSettings = (settings: Partial<Settings>) =>
  makeService({ ...INPUTS, settings: { ...SETTINGS, ...settings } });

const all = ({ registrations }: Made, type: string) => registrations.filter((one) => one.type === type);
const inputsByName = (registrations: readonly Registration[]) =>
  Object.fromEntries(registrations.map(({ name, inputs }) => [name, inputs]));

let made: Made;
beforeAll(async () => {
  made = await makeService(INPUTS);
});

describe("the load balancer", () => {
  it("faces the allowed callers, holds a silent connection for as long as any answer takes, and drops malformed headers", () => {
    expect(theOnly(made.registrations, TYPES.loadBalancer).inputs).toEqual({
      loadBalancerType: "application",
      internal: false,
      subnets: ["public-a", "public-b"],
      securityGroups: ["pharos-load-balancer-id"],
      idleTimeout: 300,
      dropInvalidHeaderFields: true,
      enableDeletionProtection: false,
    });
  });

  it("is internal, among the tasks, where no callers outside are allowed", async () => {
    const internal = await withSettings({ allowedCidrs: [] });
    expect(theOnly(internal.registrations, TYPES.loadBalancer).inputs).toMatchObject({
      internal: true,
      subnets: ["private-a", "private-b"],
    });
  });

  it("waits longer where the config lets a request take longer", async () => {
    const slow = await makeService({ ...INPUTS, server: { deadlineMs: 900_000, drainMs: 0 } });
    expect(theOnly(slow.registrations, TYPES.loadBalancer).inputs.idleTimeout).toBe(910);
    expect(theOnly(slow.registrations, TYPES.targetGroup).inputs.deregistrationDelay).toBe(910);
  });

  it("asks the task that has the least to do, sends nobody to one that is not ready, and lets one that leaves finish", () => {
    expect(theOnly(made.registrations, TYPES.targetGroup).inputs).toEqual({
      vpcId: "vpc-1",
      targetType: "ip",
      port: 8_080,
      protocol: "HTTP",
      loadBalancingAlgorithmType: "least_outstanding_requests",
      deregistrationDelay: 70,
      healthCheck: {
        path: "/health/ready",
        matcher: "200",
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
    });
  });

  it("speaks HTTP where there is no certificate", () => {
    expect(theOnly(made.registrations, TYPES.listener).inputs).toEqual({
      loadBalancerArn: "arn:aws:lb:eu-central-1:123456789012:pharos",
      port: 80,
      protocol: "HTTP",
      defaultActions: [{ type: "forward", targetGroupArn: "arn:aws:lb:eu-central-1:123456789012:pharos" }],
    });
    expect(made.result.url).toBe("http://pharos-1.eu-central-1.elb.amazonaws.com");
  });

  it("speaks HTTPS with a modern policy where there is one, and leads HTTP there", async () => {
    const secure = await withSettings({ certificateArn: CERTIFICATE });
    expect(inputsByName(all(secure, TYPES.listener))).toEqual({
      "pharos-https": {
        loadBalancerArn: "arn:aws:lb:eu-central-1:123456789012:pharos",
        port: 443,
        protocol: "HTTPS",
        certificateArn: CERTIFICATE,
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        defaultActions: [{ type: "forward", targetGroupArn: "arn:aws:lb:eu-central-1:123456789012:pharos" }],
      },
      "pharos-http": {
        loadBalancerArn: "arn:aws:lb:eu-central-1:123456789012:pharos",
        port: 80,
        protocol: "HTTP",
        defaultActions: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
      },
    });
    expect(secure.result.url).toBe("https://pharos-1.eu-central-1.elb.amazonaws.com");
  });

  it("is behind a web ACL where one is named, and behind none else", async () => {
    expect(all(made, TYPES.webAcl)).toEqual([]);
    const { registrations } = await withSettings({ webAclArn: WEB_ACL });
    const { inputs, options } = theOnly(registrations, TYPES.webAcl);
    expect(inputs).toEqual({ resourceArn: "arn:aws:lb:eu-central-1:123456789012:pharos", webAclArn: WEB_ACL });
    expect(options.deleteBeforeReplace).toBe(true);
  });
});

describe("the security groups", () => {
  const rule = (group: string, port: number, peer: object, toPort = port) => ({
    securityGroupId: `pharos-${group}-id`,
    ipProtocol: "tcp",
    fromPort: port,
    toPort,
    ...peer,
  });

  it("have no rules of their own, which would take away those that are made apart", () => {
    for (const { inputs } of all(made, TYPES.securityGroup))
      expect(Object.keys(inputs).toSorted()).toEqual(["description", "tags", "vpcId"]);
  });

  it("let the allowed callers reach the listener alone, and the load balancer alone reach the tasks", () => {
    expect(inputsByName(all(made, TYPES.ingress))).toEqual({
      "pharos-load-balancer-80-from-192.0.2.0-24": rule("load-balancer", 80, { cidrIpv4: "192.0.2.0/24" }),
      "pharos-load-balancer-80-from-198.51.100.7-32": rule("load-balancer", 80, { cidrIpv4: "198.51.100.7/32" }),
      "pharos-task-from-load-balancer": rule("task", 8_080, { referencedSecurityGroupId: "pharos-load-balancer-id" }),
    });
  });

  it("open both listeners' ports where there is a certificate", async () => {
    const secure = await withSettings({ certificateArn: CERTIFICATE, allowedCidrs: ["192.0.2.0/24"] });
    expect(Object.keys(inputsByName(all(secure, TYPES.ingress))).toSorted()).toEqual([
      "pharos-load-balancer-443-from-192.0.2.0-24",
      "pharos-load-balancer-80-from-192.0.2.0-24",
      "pharos-task-from-load-balancer",
    ]);
  });

  it("open an internal load balancer to the VPC's own range", async () => {
    const internal = await withSettings({ allowedCidrs: [] });
    expect(inputsByName(all(internal, TYPES.ingress))).toMatchObject({
      "pharos-load-balancer-80-from-vpc": rule("load-balancer", 80, { cidrIpv4: "10.20.0.0/16" }),
    });
  });

  it("let the tasks reach the VPC's endpoints and S3 by HTTPS, and nothing else", () => {
    expect(inputsByName(all(made, TYPES.egress))).toEqual({
      "pharos-load-balancer-to-task": rule("load-balancer", 8_080, { referencedSecurityGroupId: "pharos-task-id" }),
      "pharos-task-to-vpc": rule("task", 443, { cidrIpv4: "10.20.0.0/16" }),
      "pharos-task-to-s3": rule("task", 443, { prefixListId: "pl-1" }),
    });
  });

  it("let the tasks reach their vendors, wherever they are, where they have some outside", async () => {
    const outside = await makeService({ ...INPUTS, network: { ...INPUTS.network, reachesOutside: true } });
    expect(inputsByName(all(outside, TYPES.egress))).toEqual({
      "pharos-load-balancer-to-task": rule("load-balancer", 8_080, { referencedSecurityGroupId: "pharos-task-id" }),
      "pharos-task-to-anywhere": rule("task", 0, { cidrIpv4: "0.0.0.0/0" }, 65_535),
    });
  });
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

  it("has a cluster whose containers are measured", () => {
    expect(theOnly(made.registrations, TYPES.cluster).inputs).toEqual({
      settings: [{ name: "containerInsights", value: "enabled" }],
    });
  });

  it("is refused where the config drains for longer than Fargate waits", async () => {
    const long = { deadlineMs: 60_000, drainMs: 120_000 };
    await expect(makeService({ ...INPUTS, server: long })).rejects.toThrow("server.drain_ms of the config");
  });

  it("says where it is and what it is called", () => {
    expect(made.result).toEqual({
      url: "http://pharos-1.eu-central-1.elb.amazonaws.com",
      loadBalancerArnSuffix: "app/pharos/1",
      targetGroupArnSuffix: "targetgroup/pharos/2",
      clusterName: "pharos-1a2b3c4",
      serviceName: "pharos",
      taskDefinitionArn: "arn:aws:ecs:eu-central-1:123456789012:pharos",
    });
  });

  it("holds everything that it is made of, so that nothing of it stands alone in the stack", () => {
    const urns = new Set(made.registrations.map(({ urn }) => urn));
    const roots = made.registrations.filter(({ parent }) => parent === undefined || !urns.has(parent));
    expect(roots.map(({ type }) => type)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^aws:/u)]));
  });
});

describe("the autoscaling", () => {
  const target = {
    resourceId: "service/pharos-1a2b3c4/pharos",
    scalableDimension: "ecs:service:DesiredCount",
    serviceNamespace: "ecs",
  };
  const tracking = (configuration: object) => ({
    ...target,
    policyType: "TargetTrackingScaling",
    targetTrackingScalingPolicyConfiguration: { scaleOutCooldown: 60, scaleInCooldown: 600, ...configuration },
  });

  it("keeps to the numbers of tasks of the settings", () => {
    expect(theOnly(made.registrations, TYPES.target).inputs).toEqual({ ...target, minCapacity: 2, maxCapacity: 6 });
  });

  it("follows the CPU, the requests and the streams of a task, out at once and in slowly", () => {
    expect(inputsByName(all(made, TYPES.policy))).toEqual({
      "pharos-cpu": tracking({
        targetValue: 60,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      }),
      "pharos-requests": tracking({
        targetValue: 6_000,
        predefinedMetricSpecification: {
          predefinedMetricType: "ALBRequestCountPerTarget",
          resourceLabel: "app/pharos/1/targetgroup/pharos/2",
        },
      }),
      "pharos-streams": tracking({
        targetValue: 500,
        customizedMetricSpecification: {
          namespace: "Pharos",
          metricName: "ConcurrentStreams",
          dimensions: [{ name: "Service", value: "pharos" }],
          statistic: "Average",
        },
      }),
    });
  });
});
