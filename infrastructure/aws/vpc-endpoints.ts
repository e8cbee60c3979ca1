import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface VpcEndpointsInputs {
  /** Begins the names of the resources. */
  readonly name: string;
  readonly vpcId: pulumi.Input<string>;
  /** The IPv4 range that reaches the endpoints. */
  readonly vpcCidr: pulumi.Input<string>;
  /** Where the tasks are: the endpoints get an address in each of these that lies in a zone of their service. */
  readonly subnets: pulumi.Output<readonly SubnetPlace[]>;
  /** Tables that get a route to S3. */
  readonly routeTableIds: pulumi.Output<readonly string[]>;
  /** Names of AWS' services as endpoints have them, such as `ecr.api`; s3 gets a gateway, which costs nothing, the others an interface. */
  readonly services: readonly string[];
}

/** A subnet, and the zone that it lies in. */
export interface SubnetPlace {
  readonly id: string;
  /** Such as `eu-central-1a`. */
  readonly zone: string;
}

/** Ways from a VPC to services of AWS that never leave AWS' network. Only the VPC's own range reaches them, by HTTPS. */
export class VpcEndpoints extends pulumi.ComponentResource {
  /** Of all of them: what waits for these waits for the endpoints. */
  readonly ids: pulumi.Output<readonly string[]>;
  /** The addresses of S3 in this region, as security groups name them; undefined where S3 is not among the services. */
  readonly s3PrefixListId: pulumi.Output<string> | undefined;

  constructor(name: string, inputs: VpcEndpointsInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:VpcEndpoints", name, {}, options);
    const gateway = inputs.services.includes("s3") ? this.gatewayEndpoint(inputs) : undefined;
    const interfaces = inputs.services.filter((service) => service !== "s3");
    const securityGroup = interfaces.length > 0 ? this.securityGroup(inputs) : undefined;
    const endpoints = interfaces.map((service) => this.interfaceEndpoint(service, securityGroup, inputs));
    this.s3PrefixListId = gateway?.prefixListId;
    this.ids = pulumi.all([...(gateway === undefined ? [] : [gateway]), ...endpoints].map(({ id }) => id));
    this.registerOutputs({ ids: this.ids });
  }

  private gatewayEndpoint({ name, vpcId, routeTableIds }: VpcEndpointsInputs): aws.ec2.VpcEndpoint {
    const found = aws.ec2.getVpcEndpointServiceOutput({ service: "s3", serviceType: "Gateway" }, { parent: this });
    return new aws.ec2.VpcEndpoint(
      `${name}-s3`,
      {
        vpcId,
        serviceName: found.serviceName,
        vpcEndpointType: "Gateway",
        routeTableIds: routeTableIds.apply((ids) => [...ids]),
        tags: { Name: `${name}-s3` },
      },
      { parent: this },
    );
  }

  private securityGroup({ name, vpcId, vpcCidr }: VpcEndpointsInputs): aws.ec2.SecurityGroup {
    const securityGroup = new aws.ec2.SecurityGroup(
      `${name}-endpoints`,
      { vpcId, description: "Endpoints of AWS services, for the VPC alone", tags: { Name: `${name}-endpoints` } },
      { parent: this },
    );
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-endpoints-from-vpc`,
      { securityGroupId: securityGroup.id, ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: vpcCidr },
      { parent: this },
    );
    return securityGroup;
  }

  private interfaceEndpoint(
    service: string,
    securityGroup: aws.ec2.SecurityGroup | undefined,
    { name, vpcId, subnets }: VpcEndpointsInputs,
  ): aws.ec2.VpcEndpoint {
    const found = aws.ec2.getVpcEndpointServiceOutput({ service, serviceType: "Interface" }, { parent: this });
    return new aws.ec2.VpcEndpoint(
      `${name}-${service}`,
      {
        vpcId,
        serviceName: found.serviceName,
        vpcEndpointType: "Interface",
        // The SDKs go on to ask the service's public name, which means the endpoint inside the VPC.
        privateDnsEnabled: true,
        subnetIds: pulumi
          .all([subnets, found.availabilityZones])
          .apply(([places, zones]) => subnetsInZones(service, places, zones)),
        securityGroupIds: securityGroup === undefined ? [] : [securityGroup.id],
        tags: { Name: `${name}-${service}` },
      },
      { parent: this },
    );
  }
}

/**
 * Ids of the subnets that lie in one of the zones: few services have endpoints in every zone of a region, and AWS refuses an endpoint
 * whole that asks for one address too many.
 * @throws RunError where none does
 */
export function subnetsInZones(service: string, subnets: readonly SubnetPlace[], zones: readonly string[]): string[] {
  const ids = subnets.filter(({ zone }) => zones.includes(zone)).map(({ id }) => id);
  if (ids.length > 0) return ids;
  throw new pulumi.RunError(
    `The endpoint of ${service} is to be had in ${zones.join(", ") || "no zone"}, and the subnets are in ` +
      `${subnets.map(({ zone }) => zone).join(", ")}: more zones (pharos:zones) may reach one of its own.`,
  );
}
