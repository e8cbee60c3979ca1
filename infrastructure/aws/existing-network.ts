import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkSettings } from "./settings.ts";
import type { SubnetPlace } from "./vpc-endpoints.ts";

type ExistingNetwork = Extract<NetworkSettings, { readonly kind: "existing" }>;

/** A subnet as AWS has it. */
export interface ObservedSubnet extends SubnetPlace {
  readonly vpcId: string;
}

/** What is needed of a VPC that is there, once its subnets were looked at. */
export interface CheckedNetwork {
  /** Its primary IPv4 range. */
  readonly cidr: string;
  readonly privateSubnetIds: readonly string[];
  readonly publicSubnetIds: readonly string[];
}

/** Looks at a VPC that is there, in a preview already. @throws RunError that lists every problem */
export function readNetwork(network: ExistingNetwork, options: pulumi.InvokeOptions): pulumi.Output<CheckedNetwork> {
  const { vpcId, privateSubnetIds, publicSubnetIds } = network;
  const vpc = aws.ec2.getVpcOutput({ id: vpcId }, options);
  const subnets = [...new Set([...privateSubnetIds, ...publicSubnetIds])].map((id) =>
    aws.ec2.getSubnetOutput({ id }, options),
  );
  return pulumi.all([vpc.cidrBlock, pulumi.all(subnets)]).apply(([cidr, found]) => {
    const observed = found.map(({ id, availabilityZone: zone, vpcId: of }) => ({ id, zone, vpcId: of }));
    const problems = networkProblems(network, observed);
    if (problems.length > 0) throw new pulumi.RunError(`The VPC ${vpcId} does not do:\n- ${problems.join("\n- ")}`);
    return { cidr, privateSubnetIds, publicSubnetIds };
  });
}

/**
 * What is wrong with the subnets: those of another VPC, and lists that lie in one zone, where a load balancer is refused and tasks would
 * all go with it; [] where nothing is.
 * @param subnets all that the network names
 */
export function networkProblems(network: ExistingNetwork, subnets: readonly ObservedSubnet[]): readonly string[] {
  const byId = new Map(subnets.map((subnet) => [subnet.id, subnet]));
  const lists = [
    ["privateSubnetIds", network.privateSubnetIds],
    ["publicSubnetIds", network.publicSubnetIds],
  ] as const;
  return lists.flatMap(([field, ids]) => {
    const observed = ids.flatMap((id) => byId.get(id) ?? []);
    const elsewhere = observed.filter(({ vpcId }) => vpcId !== network.vpcId);
    const zones = new Set(observed.map(({ zone }) => zone));
    return [
      ...elsewhere.map(({ id, vpcId }) => `pharos:${field}: ${id} is of ${vpcId}`),
      ...(zones.size < 2 ? [`pharos:${field}: must lie in two zones at least, and all lie in ${[...zones][0]}`] : []),
    ];
  });
}
