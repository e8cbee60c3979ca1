import { createHash } from "node:crypto";
import { isEqual, type Value, type Values } from "../engine/values.ts";

/** What the cloud knows of a type of resource. */
export interface ResourceType {
  /** Inputs that only a new resource can have. */
  readonly replacing: readonly string[];
  /** The input that Pulumi makes up where the program gives none. */
  readonly autoname?: string;
  /** Default: the type's last word and a number. */
  readonly id?: (inputs: Values, number: number) => string;
  /** Its outputs beside its inputs. */
  readonly outputs?: (inputs: Values, id: string) => Readonly<Record<string, Value>>;
  /** Making one that is there already changes it. */
  readonly isPut?: true;
  /** Why AWS does not take it beside the others of its type; undefined where it does. */
  readonly refusal?: (inputs: Values, others: readonly Values[]) => string | undefined;
  /** Whether something that nobody can make again lies in it: it must never be replaced. */
  readonly holdsData?: true;
}

export const ACCOUNT = "123456789012";
export const REGION = "eu-central-1";

const name = ({ name }: Values) => String(name);
const arnOf = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const arn =
  (service: string, kind: string) =>
  (_inputs: Values, id: string): Readonly<Record<string, Value>> => ({ arn: arnOf(service, `${kind}/${id}`) });

/** What is replaced, after `ForceNew` in the schemas of github.com/hashicorp/terraform-provider-aws/tree/main/internal/service. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  "pulumi:providers:aws": { replacing: ["region"] },
  "pulumi:providers:awsx": { replacing: [] },
  "pulumi:providers:docker-build": { replacing: [] },
  "aws:appautoscaling/policy:Policy": {
    replacing: ["name", "resourceId", "scalableDimension", "serviceNamespace"],
    autoname: "name",
    id: name,
  },
  "aws:appautoscaling/target:Target": {
    replacing: ["resourceId", "scalableDimension", "serviceNamespace"],
    id: ({ resourceId }) => String(resourceId),
  },
  "aws:cloudwatch/dashboard:Dashboard": {
    replacing: ["dashboardName"],
    id: ({ dashboardName }) => String(dashboardName),
    outputs: (_inputs, id) => ({ dashboardArn: `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${id}` }),
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    replacing: ["name", "namePrefix", "logGroupClass"],
    autoname: "name",
    id: name,
    outputs: (_inputs, id) => ({ arn: arnOf("logs", `log-group:${id}`) }),
    holdsData: true,
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    replacing: ["name"],
    autoname: "name",
    id: name,
    outputs: arn("cloudwatch", "alarm"),
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": { replacing: ["vpcId"] },
  "aws:ec2/eip:Eip": { replacing: ["domain"] },
  "aws:ec2/internetGateway:InternetGateway": { replacing: [] },
  "aws:ec2/natGateway:NatGateway": { replacing: ["allocationId", "connectivityType", "subnetId"] },
  "aws:ec2/route:Route": { replacing: ["destinationCidrBlock", "routeTableId"] },
  "aws:ec2/routeTable:RouteTable": { replacing: ["vpcId"] },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": { replacing: ["subnetId"] },
  "aws:ec2/securityGroup:SecurityGroup": {
    replacing: ["description", "name", "namePrefix", "vpcId"],
    autoname: "name",
    outputs: arn("ec2", "security-group"),
  },
  "aws:ec2/subnet:Subnet": { replacing: ["availabilityZone", "cidrBlock", "vpcId"] },
  "aws:ec2/vpc:Vpc": { replacing: ["cidrBlock"] },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    replacing: ["serviceName", "vpcEndpointType", "vpcId"],
    outputs: () => ({ prefixListId: "pl-0a1b2c3d", state: "available" }),
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    replacing: ["repository"],
    id: ({ repository }) => String(repository),
    isPut: true,
  },
  "aws:ecr/repository:Repository": {
    replacing: ["encryptionConfigurations", "name"],
    autoname: "name",
    id: name,
    outputs: ({ tags = {} }, id) => ({
      arn: arnOf("ecr", `repository/${id}`),
      registryId: ACCOUNT,
      repositoryUrl: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${id}`,
      tagsAll: tags,
    }),
    holdsData: true,
  },
  "aws:ecs/cluster:Cluster": { replacing: ["name"], autoname: "name", id: name, outputs: arn("ecs", "cluster") },
  "aws:ecs/service:Service": {
    replacing: ["cluster", "deploymentController", "launchType", "name", "schedulingStrategy"],
    autoname: "name",
    id: ({ cluster, name }) => String(cluster).replace(":cluster/", ":service/").concat(`/${name}`),
  },
  "aws:ecs/taskDefinition:TaskDefinition": {
    replacing: [
      ...["containerDefinitions", "cpu", "ephemeralStorage", "executionRoleArn", "family", "memory", "networkMode"],
      ...["requiresCompatibilities", "runtimePlatform", "taskRoleArn", "volumes"],
    ],
    id: ({ family }, number) => `${family}:${number}`,
    outputs: (_inputs, id) => ({
      arn: arnOf("ecs", `task-definition/${id}`),
      arnWithoutRevision: arnOf("ecs", `task-definition/${id.split(":")[0]}`),
      revision: Number(id.split(":")[1]),
    }),
  },
  "aws:iam/role:Role": {
    replacing: ["name", "namePrefix", "path"],
    autoname: "name",
    id: name,
    outputs: (_inputs, id) => ({ arn: `arn:aws:iam::${ACCOUNT}:role/${id}` }),
  },
  "aws:iam/rolePolicy:RolePolicy": {
    replacing: ["name", "namePrefix", "role"],
    autoname: "name",
    id: ({ role, name }) => `${role}:${name}`,
  },
  "aws:lb/listener:Listener": {
    replacing: ["loadBalancerArn"],
    outputs: arn("elasticloadbalancing", "listener/app"),
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    refusal(inputs, others) {
      const targets = targetGroupsOf(inputs);
      const isElsewhere = others.some(
        (other) =>
          other.loadBalancerArn !== inputs.loadBalancerArn &&
          targetGroupsOf(other).some((arn) => targets.includes(arn)),
      );
      return isElsewhere ? "TargetGroupAssociationLimit: a target group has one load balancer" : undefined;
    },
  },
  "aws:lb/loadBalancer:LoadBalancer": {
    replacing: ["internal", "loadBalancerType", "name", "namePrefix"],
    autoname: "name",
    outputs: ({ name }, id) => ({
      arn: arnOf("elasticloadbalancing", `loadbalancer/app/${name}/${id}`),
      arnSuffix: `app/${name}/${id}`,
      dnsName: `${name}.${REGION}.elb.amazonaws.com`,
      zoneId: "Z215JYRZR1TBD5",
    }),
  },
  "aws:lb/targetGroup:TargetGroup": {
    replacing: ["ipAddressType", "name", "namePrefix", "port", "protocol", "protocolVersion", "targetType", "vpcId"],
    autoname: "name",
    outputs: ({ name }, id) => ({
      arn: arnOf("elasticloadbalancing", `targetgroup/${name}/${id}`),
      arnSuffix: `targetgroup/${name}/${id}`,
    }),
  },
  ...s3Types(),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": { replacing: ["securityGroupId"], refusal: duplicate },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": { replacing: ["securityGroupId"], refusal: duplicate },
  "aws:wafv2/webAclAssociation:WebAclAssociation": { replacing: ["resourceArn", "webAclArn"] },
  // Its own comparison never replaces: github.com/pulumi/pulumi-docker-build/blob/main/provider/internal/image.go
  "docker-build:index:Image": {
    replacing: [],
    outputs: (inputs) => ({ digest: digestOf(inputs), contextHash: "0", ref: "" }),
  },
};

function s3Types(): Readonly<Record<string, ResourceType>> {
  const settings = [
    ...["bucketLifecycleConfiguration", "bucketOwnershipControls", "bucketPolicy", "bucketPublicAccessBlock"],
    ...["bucketServerSideEncryptionConfiguration", "bucketVersioning"],
  ];
  const id = ({ bucket }: Values) => String(bucket);
  return {
    "aws:s3/bucket:Bucket": {
      replacing: ["bucket", "bucketPrefix", "objectLockEnabled"],
      autoname: "bucket",
      id,
      outputs: (_inputs, name) => ({
        arn: `arn:aws:s3:::${name}`,
        bucketDomainName: `${name}.s3.amazonaws.com`,
        bucketRegionalDomainName: `${name}.s3.${REGION}.amazonaws.com`,
      }),
      holdsData: true,
    },
    ...Object.fromEntries(
      settings.map((setting) => [
        `aws:s3/${setting}:${setting.replace("b", "B")}`,
        { replacing: ["bucket"], id, isPut: true },
      ]),
    ),
  };
}

function targetGroupsOf({ defaultActions }: Values): readonly Value[] {
  const actions = Array.isArray(defaultActions) ? (defaultActions as readonly Values[]) : [];
  return actions.flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
}

function duplicate(inputs: Values, others: readonly Values[]): string | undefined {
  return others.some((other) => isEqual(other, inputs)) ? "InvalidPermission.Duplicate: the rule exists" : undefined;
}

/** Of what goes into an image: a registry's password does not. */
function digestOf(inputs: Values): string {
  return `sha256:${createHash("sha256")
    .update(JSON.stringify({ ...inputs, registries: [] }))
    .digest("hex")}`;
}
