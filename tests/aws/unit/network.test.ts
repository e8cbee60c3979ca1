import * as aws from "@pulumi/aws";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { networkProblems } from "../../../infrastructure/aws/existing-network.ts";
import { Network, type NetworkInputs, subnetSizes } from "../../../infrastructure/aws/network.ts";
import { subnetsInZones } from "../../../infrastructure/aws/vpc-endpoints.ts";
import { outputValue, type Recording, runProgram, theOnly } from "../support/pulumi-mocks.ts";

const VPC = "awsx:ec2:Vpc";
const ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

const INPUTS: NetworkInputs = {
  name: "pharos",
  network: { kind: "new", cidr: "10.20.0.0/16", zones: 2 },
  vendorsOutside: false,
  services: ["secretsmanager", "bedrock-runtime", "kendra"],
};

interface Made extends Recording {
  readonly result: {
    readonly vpcId: string;
    readonly vpcCidr: string;
    readonly publicSubnetIds: readonly string[];
    readonly privateSubnetIds: readonly string[];
    readonly s3PrefixListId: string | undefined;
    readonly reachesOutside: boolean;
  };
}

/** Makes a network where Kendra is in one of the VPC's two zones. Subnets and tables come from awsx as they do: as resources. */
function makeNetwork(inputs: NetworkInputs): Promise<Made> {
  const children: { subnets: aws.ec2.Subnet[]; tables: aws.ec2.RouteTable[] } = { subnets: [], tables: [] };
  return runProgram(
    async () => {
      for (const zone of ["a", "b"]) {
        const place = { vpcId: "vpc-1", availabilityZone: `eu-central-1${zone}` };
        children.subnets.push(new aws.ec2.Subnet(`private-${zone}`, place));
        children.tables.push(new aws.ec2.RouteTable(`private-${zone}`, { vpcId: "vpc-1" }));
      }
      const network = new Network("pharos", inputs);
      // It stands for a task, which waits for the subnets that it gets.
      new aws.ec2.Eip("waits", { tags: { subnets: network.privateSubnetIds.apply(String) } });
      const { s3PrefixListId, reachesOutside } = network;
      return {
        vpcId: await outputValue(network.vpcId),
        vpcCidr: await outputValue(network.vpcCidr),
        publicSubnetIds: await outputValue(network.publicSubnetIds),
        privateSubnetIds: await outputValue(network.privateSubnetIds),
        s3PrefixListId: s3PrefixListId === undefined ? undefined : await outputValue(s3PrefixListId),
        reachesOutside,
      };
    },
    {
      outputs({ type, name }) {
        if (type === VPC)
          return {
            vpcId: "vpc-1",
            publicSubnetIds: ["public-a-id", "public-b-id"],
            privateSubnetIds: ["private-a-id", "private-b-id"],
            privateSubnets: children.subnets,
            routeTables: children.tables,
          };
        return name.endsWith("-s3") ? { prefixListId: "pl-1" } : {};
      },
      functions: {
        "aws:ec2/getVpcEndpointService:getVpcEndpointService": ({ service, serviceType }) => ({
          serviceName: `com.amazonaws.eu-central-1.${service}`,
          serviceType,
          availabilityZones: service === "kendra" ? ["eu-central-1b"] : ["eu-central-1a", "eu-central-1b"],
        }),
        "aws:ec2/getVpc:getVpc": ({ id }) => ({ id, cidrBlock: "172.31.0.0/16" }),
        "aws:ec2/getSubnet:getSubnet": ({ id }) => ({
          id,
          vpcId: "vpc-9",
          availabilityZone: `eu-central-1${String(id).at(-1)}`,
        }),
      },
    },
  );
}

describe("a new network", () => {
  let made: Made;
  beforeAll(async () => {
    made = await makeNetwork(INPUTS);
  });

  it("has private and public subnets in each zone, and no way out where nobody outside is asked", () => {
    expect(theOnly(made.registrations, VPC).inputs).toEqual({
      cidrBlock: "10.20.0.0/16",
      numberOfAvailabilityZones: 2,
      availabilityZoneCidrMask: 18,
      subnetStrategy: "Auto",
      subnetSpecs: [
        { type: "Private", cidrMask: 19 },
        { type: "Public", cidrMask: 19 },
      ],
      natGateways: { strategy: "None" },
      enableDnsHostnames: true,
      enableDnsSupport: true,
    });
    expect(made.result.reachesOutside).toBe(false);
  });

  it("lets nothing through by the VPC's default security group", () => {
    expect(theOnly(made.registrations, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs).toEqual({
      vpcId: "vpc-1",
    });
  });

  it("has endpoints for what every task asks and for what the config does, and for nothing else", () => {
    const names = made.registrations.filter(({ type }) => type === ENDPOINT).map(({ inputs }) => inputs.serviceName);
    const services = ["bedrock-runtime", "ecr.api", "ecr.dkr", "kendra", "logs", "s3", "secretsmanager"];
    expect(names.toSorted()).toEqual(services.map((service) => `com.amazonaws.eu-central-1.${service}`));
  });

  it("reaches S3 through a gateway in every table of routes", () => {
    expect(theOnly(made.registrations, ENDPOINT, "pharos-s3").inputs).toEqual({
      vpcId: "vpc-1",
      serviceName: "com.amazonaws.eu-central-1.s3",
      vpcEndpointType: "Gateway",
      routeTableIds: ["private-a-id", "private-b-id"],
      tags: { Name: "pharos-s3" },
    });
    expect(made.result.s3PrefixListId).toBe("pl-1");
  });

  it("gives an endpoint an address in each private subnet, under the service's own name", () => {
    expect(theOnly(made.registrations, ENDPOINT, "pharos-bedrock-runtime").inputs).toEqual({
      vpcId: "vpc-1",
      serviceName: "com.amazonaws.eu-central-1.bedrock-runtime",
      vpcEndpointType: "Interface",
      privateDnsEnabled: true,
      subnetIds: ["private-a-id", "private-b-id"],
      securityGroupIds: ["pharos-endpoints-id"],
      tags: { Name: "pharos-bedrock-runtime" },
    });
  });

  it("leaves out the zones in which a service has no endpoint", () => {
    expect(theOnly(made.registrations, ENDPOINT, "pharos-kendra").inputs.subnetIds).toEqual(["private-b-id"]);
  });

  it("opens the endpoints to the VPC's own range on 443, and lets nothing out of them", () => {
    const { inputs } = theOnly(made.registrations, "aws:ec2/securityGroup:SecurityGroup");
    expect(Object.keys(inputs).toSorted()).toEqual(["description", "tags", "vpcId"]);
    expect(made.registrations.filter(({ type }) => type.includes("EgressRule"))).toEqual([]);
    expect(theOnly(made.registrations, INGRESS).inputs).toEqual({
      securityGroupId: "pharos-endpoints-id",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      cidrIpv4: "10.20.0.0/16",
    });
  });

  it("gives out its private subnets once the endpoints are there", () => {
    expect(made.result).toMatchObject({
      vpcId: "vpc-1",
      vpcCidr: "10.20.0.0/16",
      publicSubnetIds: ["public-a-id", "public-b-id"],
      privateSubnetIds: ["private-a-id", "private-b-id"],
    });
    const endpoints = made.registrations.filter(({ type }) => type === ENDPOINT).map(({ urn }) => urn);
    expect(theOnly(made.registrations, "aws:ec2/eip:Eip").options.dependencies).toEqual(
      expect.arrayContaining(endpoints),
    );
  });

  it("has a NAT gateway in each zone where somebody outside is asked", async () => {
    const { registrations, result } = await makeNetwork({ ...INPUTS, vendorsOutside: true });
    expect(theOnly(registrations, VPC).inputs.natGateways).toEqual({ strategy: "OnePerAz" });
    expect(result.reachesOutside).toBe(true);
  });
});

describe("a network that is there", () => {
  const network = {
    kind: "existing",
    vpcId: "vpc-9",
    privateSubnetIds: ["subnet-1a", "subnet-1b"],
    publicSubnetIds: ["subnet-2a", "subnet-2c"],
  } as const;

  it("is given out as it is, and nothing is made in it", async () => {
    const { registrations, result } = await makeNetwork({ ...INPUTS, network, vendorsOutside: false });
    expect(result).toEqual({
      vpcId: "vpc-9",
      vpcCidr: "172.31.0.0/16",
      privateSubnetIds: network.privateSubnetIds,
      publicSubnetIds: network.publicSubnetIds,
      s3PrefixListId: undefined,
      reachesOutside: true,
    });
    const made = registrations.filter(({ name, type }) => type.includes(":") && /^pharos/u.test(name));
    expect(made.map(({ type }) => type)).toEqual(["pharos:aws:Network"]);
  });
});

describe("what is checked of a network that is there", () => {
  const network = {
    kind: "existing",
    vpcId: "vpc-9",
    privateSubnetIds: ["a", "b"],
    publicSubnetIds: ["c", "d"],
  } as const;
  const subnet = (id: string, zone: string, vpcId = "vpc-9") => ({ id, zone, vpcId });
  const others = [subnet("c", "1"), subnet("d", "2")];

  it("is nothing more than that its subnets are its own and in two zones", () => {
    expect(networkProblems(network, [subnet("a", "1"), subnet("b", "2"), ...others])).toEqual([]);
  });

  it("tells of each subnet of another VPC, and of each list in one zone", () => {
    const subnets = [subnet("a", "1", "vpc-8"), subnet("b", "1"), ...others.slice(0, 1), subnet("d", "2", "vpc-7")];
    expect(networkProblems(network, subnets)).toEqual([
      "pharos:privateSubnetIds: a is of vpc-8",
      "pharos:privateSubnetIds: must lie in two zones at least, and all lie in 1",
      "pharos:publicSubnetIds: d is of vpc-7",
    ]);
  });
});

describe("the sizes of subnets", () => {
  it("are the same for two zones as for four, so that one more zone moves no subnet", () => {
    expect([2, 3, 4].map((zones) => subnetSizes("10.0.0.0/16", zones))).toEqual(
      Array(3).fill({ zonePrefixLength: 18, subnetPrefixLength: 19 }),
    );
    expect(subnetSizes("10.0.0.0/16", 6)).toEqual({ zonePrefixLength: 19, subnetPrefixLength: 20 });
  });

  it("leave room for every zone's two subnets, each large enough for a load balancer, or are refused", () => {
    const ranges = fc.record({ prefixLength: fc.integer({ min: 16, max: 28 }), zones: fc.integer({ min: 2, max: 8 }) });
    fc.assert(
      fc.property(ranges, ({ prefixLength, zones }) => {
        const cidr = `10.0.0.0/${prefixLength}`;
        const smallest = zones > 4 ? 23 : 24;
        if (prefixLength > smallest) {
          expect(() => subnetSizes(cidr, zones)).toThrow(`${cidr} is too small for ${zones} zones`);
          return;
        }
        const { zonePrefixLength, subnetPrefixLength } = subnetSizes(cidr, zones);
        expect(subnetPrefixLength).toBeLessThanOrEqual(27);
        expect(2 ** (32 - subnetPrefixLength) * 2).toBe(2 ** (32 - zonePrefixLength));
        expect(zones * 2 ** (32 - zonePrefixLength)).toBeLessThanOrEqual(2 ** (32 - prefixLength));
      }),
    );
  });
});

describe("the subnets of an endpoint", () => {
  it("are those in the zones of the service", () => {
    const subnets = [
      { id: "a", zone: "1" },
      { id: "b", zone: "2" },
    ];
    expect(subnetsInZones("kendra", subnets, ["2", "3"])).toEqual(["b"]);
  });

  it("are told to be none, with the zones of both", () => {
    expect(() => subnetsInZones("kendra", [{ id: "a", zone: "1" }], ["2", "3"])).toThrow(
      "The endpoint of kendra is to be had in 2, 3, and the subnets are in 1",
    );
  });
});
