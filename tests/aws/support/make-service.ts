import * as aws from "@pulumi/aws";
import { Service, type ServiceInputs } from "../../../infrastructure/aws/service.ts";
import type { Settings } from "../../../infrastructure/aws/settings.ts";
import { outputValue, type Recording, type Registration, runProgram } from "./pulumi-mocks.ts";

/** Types of the resources that a `Service` is made of. */
export const TYPES = {
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

export const CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/1";
export const WEB_ACL = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/pharos/1";

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
  smoke: { test: "rollout" },
};

/** Two tasks of one core, in a network that nothing leads out of. */
export const INPUTS: ServiceInputs = {
  settings: SETTINGS,
  server: { deadlineMs: 60_000, shutdownMs: 20_000 },
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
  environment: { PHAROS_ANONYMOUS: "true" },
};

export interface MadeService extends Recording {
  readonly result: Readonly<Record<string, string>>;
}

/** Makes a service, with the outputs of its load balancer and its cluster. */
export function makeService(inputs: ServiceInputs): Promise<MadeService> {
  return runProgram(
    async () => {
      const role = new aws.iam.Role("execution", { assumeRolePolicy: "{}" });
      const policy = new aws.iam.RolePolicy("execution", { role: role.name, policy: "{}" });
      const made = new Service("pharos", inputs, { dependsOn: [policy] });
      const { url, loadBalancerArnSuffix, targetGroupArnSuffix, serviceName, taskDefinitionArn } = made;
      return {
        url: await outputValue(url),
        loadBalancerArnSuffix: await outputValue(loadBalancerArnSuffix),
        targetGroupArnSuffix: await outputValue(targetGroupArnSuffix),
        clusterArn: await outputValue(made.clusterArn),
        clusterName: await outputValue(made.clusterName),
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

/** The same with other settings. */
export const withSettings = (settings: Partial<Settings>) =>
  makeService({ ...INPUTS, settings: { ...SETTINGS, ...settings } });

/** What was registered of a type. */
export const all = ({ registrations }: MadeService, type: string) => registrations.filter((one) => one.type === type);
export const inputsByName = (registrations: readonly Registration[]) =>
  Object.fromEntries(registrations.map(({ name, inputs }) => [name, inputs]));
