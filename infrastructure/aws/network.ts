import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { readNetwork } from "./existing-network.ts";
import type { NetworkSettings } from "./settings.ts";
import { type SubnetPlace, VpcEndpoints } from "./vpc-endpoints.ts";

/** For its image, whose layers lie in S3, and for its log. */
const EVERY_TASK_ASKS = ["ecr.api", "ecr.dkr", "logs", "s3"];

export interface NetworkInputs {
  /** Begins the names of the resources. */
  readonly name: string;
  readonly network: NetworkSettings;
  /** Whether the config asks somebody who has no endpoint in the VPC: a vendor outside AWS, or AWS in another region. */
  readonly vendorsOutside: boolean;
  /** AWS' services that this config's tasks ask beside those that every task does, as endpoints name them: `bedrock-runtime`. */
  readonly services: readonly string[];
}

/**
 * Where the load balancer and the tasks are.
 *
 * A new VPC has public and private subnets in so many zones, endpoints for the services that the tasks ask, and a way out of the private
 * subnets, a NAT gateway in each zone, only where somebody outside is asked: without one nothing gets in or out but through the load
 * balancer and the endpoints.
 *
 * In a VPC that is there nothing is made: a second endpoint of a service is refused, as is a second route, and both would change the way
 * of everything else in it. Its private subnets must reach the services themselves, through NAT or endpoints.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  /** Its own IPv4 range, such as `10.20.0.0/16`. */
  readonly vpcCidr: pulumi.Output<string>;
  readonly publicSubnetIds: pulumi.Output<readonly string[]>;
  /** What waits for these waits for the endpoints and the NAT gateways too. */
  readonly privateSubnetIds: pulumi.Output<readonly string[]>;
  /** Whether tasks have to reach addresses outside the VPC. */
  readonly reachesOutside: boolean;
  /** The addresses of S3 behind the VPC's own route to it; undefined where it has none of ours. */
  readonly s3PrefixListId: pulumi.Output<string> | undefined;

  constructor(name: string, inputs: NetworkInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:Network", name, {}, options);
    const { network } = inputs;
    if (network.kind === "existing") {
      const found = readNetwork(network, { parent: this });
      this.vpcId = pulumi.output(network.vpcId);
      this.vpcCidr = found.cidr;
      this.publicSubnetIds = found.publicSubnetIds;
      this.privateSubnetIds = found.privateSubnetIds;
      this.reachesOutside = true;
    } else {
      const vpc = this.newVpc(network, inputs, options);
      const endpoints = new VpcEndpoints(
        name,
        {
          name: inputs.name,
          vpcId: vpc.vpcId,
          vpcCidr: network.cidr,
          subnets: placesOf(vpc.privateSubnets),
          routeTableIds: vpc.routeTables.apply((tables) => pulumi.all(tables.map(({ id }) => id))),
          services: [...new Set([...EVERY_TASK_ASKS, ...inputs.services])],
        },
        { parent: this },
      );
      this.vpcId = vpc.vpcId;
      this.vpcCidr = pulumi.output(network.cidr);
      this.publicSubnetIds = vpc.publicSubnetIds;
      this.privateSubnetIds = pulumi.all([vpc.privateSubnetIds, endpoints.ids]).apply(([ids]) => ids);
      this.reachesOutside = inputs.vendorsOutside;
      this.s3PrefixListId = endpoints.s3PrefixListId;
    }
    this.registerOutputs({ vpcId: this.vpcId });
  }

  private newVpc(
    { cidr, zones }: Extract<NetworkSettings, { readonly kind: "new" }>,
    { name, vendorsOutside }: NetworkInputs,
    options: pulumi.ComponentResourceOptions | undefined,
  ): awsx.ec2.Vpc {
    const { zonePrefixLength, subnetPrefixLength } = subnetSizes(cidr, zones);
    const vpc = new awsx.ec2.Vpc(
      name,
      {
        cidrBlock: cidr,
        numberOfAvailabilityZones: zones,
        availabilityZoneCidrMask: zonePrefixLength,
        subnetStrategy: "Auto",
        // Private ones also where nothing leads out of them: as isolated ones they would have to be made anew for the first NAT gateway.
        subnetSpecs: [
          { type: "Private", cidrMask: subnetPrefixLength },
          { type: "Public", cidrMask: subnetPrefixLength },
        ],
        natGateways: { strategy: vendorsOutside ? "OnePerAz" : "None" },
        enableDnsHostnames: true,
        enableDnsSupport: true,
      },
      // A component that its provider makes is told of the providers that are given to itself alone.
      { parent: this, ...(options?.providers === undefined ? {} : { providers: options.providers }) },
    );
    // Whatever is put into this VPC without a security group of its own gets this one, which lets nothing through.
    new aws.ec2.DefaultSecurityGroup(`${name}-default`, { vpcId: vpc.vpcId }, { parent: this });
    return vpc;
  }
}

function placesOf(subnets: pulumi.Output<aws.ec2.Subnet[]>): pulumi.Output<readonly SubnetPlace[]> {
  return subnets.apply((found) =>
    pulumi.all(
      found.map(({ id, availabilityZone }) => pulumi.all([id, availabilityZone]).apply(([id, zone]) => ({ id, zone }))),
    ),
  );
}

/** The least that a load balancer takes: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer */
const LONGEST_PREFIX = 27;

/**
 * Prefix lengths of what a VPC's range is divided into: a quarter for each zone, an eighth where there are more than four, and half of
 * that for the private and for the public subnet. Up to four zones, one more moves none of the others.
 * @param cidr such as `10.20.0.0/16`
 * @param zones at most 8
 * @throws RunError where subnets would be too small for a load balancer
 */
export function subnetSizes(
  cidr: string,
  zones: number,
): { readonly zonePrefixLength: number; readonly subnetPrefixLength: number } {
  const zonePrefixLength = Number(cidr.split("/")[1]) + (zones > 4 ? 3 : 2);
  const subnetPrefixLength = zonePrefixLength + 1;
  if (subnetPrefixLength <= LONGEST_PREFIX) return { zonePrefixLength, subnetPrefixLength };
  throw new pulumi.RunError(
    `pharos:vpcCidr: ${cidr} is too small for ${zones} zones: a load balancer takes no subnet smaller than a /${LONGEST_PREFIX}`,
  );
}
