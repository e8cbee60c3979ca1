import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface SecurityGroupsInputs {
  /** Begins the names of the resources. */
  readonly name: string;
  readonly vpcId: pulumi.Input<string>;
  readonly vpcCidr: pulumi.Input<string>;
  /** IPv4 ranges that may reach the load balancer; [] opens it to the VPC's own range. */
  readonly allowedCidrs: readonly string[];
  /** What the load balancer listens on. */
  readonly listenerPorts: readonly number[];
  /** What the container listens on. */
  readonly containerPort: number;
  /** Whether tasks have to reach addresses outside the VPC: then any, on any port of TCP, since a vendor's `base_url` may name any. */
  readonly reachesOutside: boolean;
  /** The addresses of S3 behind the VPC's own route to it. */
  readonly s3PrefixListId?: pulumi.Input<string> | undefined;
}

type Peer = Pick<aws.vpc.SecurityGroupIngressRuleArgs, "cidrIpv4" | "prefixListId" | "referencedSecurityGroupId">;

/**
 * Who reaches whom: the callers the load balancer, on its listeners' ports alone; the load balancer the tasks, on the container's; the
 * tasks the VPC's endpoints and S3 by HTTPS, or whatever their vendors are. Each rule is a resource of its own, so that one more caller
 * changes none of the others. What resolves names needs no rule.
 */
export class SecurityGroups extends pulumi.ComponentResource {
  readonly loadBalancerId: pulumi.Output<string>;
  readonly taskId: pulumi.Output<string>;

  constructor(name: string, inputs: SecurityGroupsInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:SecurityGroups", name, {}, options);
    const { vpcCidr, containerPort } = inputs;
    this.loadBalancerId = this.group(`${inputs.name}-load-balancer`, "Load balancer of Pharos", inputs.vpcId);
    this.taskId = this.group(`${inputs.name}-task`, "Tasks of Pharos", inputs.vpcId);
    for (const port of inputs.listenerPorts)
      for (const [caller, peer] of callers(inputs))
        this.ingress(`${inputs.name}-load-balancer-${port}-from-${caller}`, this.loadBalancerId, port, peer);
    this.egress(`${inputs.name}-load-balancer-to-task`, this.loadBalancerId, [containerPort, containerPort], {
      referencedSecurityGroupId: this.taskId,
    });
    this.ingress(`${inputs.name}-task-from-load-balancer`, this.taskId, containerPort, {
      referencedSecurityGroupId: this.loadBalancerId,
    });
    const { s3PrefixListId } = inputs;
    if (inputs.reachesOutside) {
      this.egress(`${inputs.name}-task-to-anywhere`, this.taskId, ANY_PORT, { cidrIpv4: "0.0.0.0/0" });
    } else {
      this.egress(`${inputs.name}-task-to-vpc`, this.taskId, HTTPS, { cidrIpv4: vpcCidr });
      if (s3PrefixListId !== undefined)
        this.egress(`${inputs.name}-task-to-s3`, this.taskId, HTTPS, { prefixListId: s3PrefixListId });
    }
    this.registerOutputs({ loadBalancerId: this.loadBalancerId, taskId: this.taskId });
  }

  private group(name: string, description: string, vpcId: pulumi.Input<string>): pulumi.Output<string> {
    return new aws.ec2.SecurityGroup(name, { vpcId, description, tags: { Name: name } }, { parent: this }).id;
  }

  private ingress(name: string, securityGroupId: pulumi.Input<string>, port: number, peer: Peer): void {
    new aws.vpc.SecurityGroupIngressRule(
      name,
      { securityGroupId, ipProtocol: "tcp", fromPort: port, toPort: port, ...peer },
      { parent: this },
    );
  }

  private egress(name: string, securityGroupId: pulumi.Input<string>, ports: PortRange, peer: Peer): void {
    const [fromPort, toPort] = ports;
    new aws.vpc.SecurityGroupEgressRule(
      name,
      { securityGroupId, ipProtocol: "tcp", fromPort, toPort, ...peer },
      { parent: this },
    );
  }
}

type PortRange = readonly [from: number, to: number];

const HTTPS: PortRange = [443, 443];
const ANY_PORT: PortRange = [0, 65_535];

/** Each with the end of its rule's name. */
function callers({ allowedCidrs, vpcCidr }: SecurityGroupsInputs): readonly (readonly [name: string, peer: Peer])[] {
  return allowedCidrs.length === 0
    ? [["vpc", { cidrIpv4: vpcCidr }]]
    : [...new Set(allowedCidrs)].map((cidr) => [cidr.replace("/", "-"), { cidrIpv4: cidr }]);
}
