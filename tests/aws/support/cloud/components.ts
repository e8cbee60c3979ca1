import type { RegisterChild, RegisteredChild } from "../engine/provider.ts";
import { referenceTo, type Value, type Values } from "../engine/values.ts";
import { REGION } from "./resource-types.ts";

/** Makes a component of awsx. @returns its outputs */
export function construct(type: string, name: string, inputs: Values, register: RegisterChild): Promise<Values> {
  if (type !== "awsx:ec2:Vpc") throw new Error(`the tests' cloud makes no component ${type} (${name})`);
  return new Vpc(name, inputs, register).construct();
}

/** Kinds of subnets, as their specifications name them. */
type Kind = "Private" | "Public";

/** `awsx.ec2.Vpc`, as far as this program uses it: github.com/pulumi/pulumi-awsx/blob/master/awsx/ec2/vpc.ts */
class Vpc {
  private readonly name: string;
  private readonly inputs: Values;
  private readonly register: RegisterChild;
  private readonly subnets: Record<Kind, RegisteredChild[]> = { Private: [], Public: [] };
  private readonly routeTables: RegisteredChild[] = [];

  constructor(name: string, inputs: Values, register: RegisterChild) {
    this.name = name;
    this.inputs = inputs;
    this.register = register;
  }

  async construct(): Promise<Values> {
    const { cidrBlock = "10.0.0.0/16", numberOfAvailabilityZones = 3 } = this.inputs;
    const vpc = await this.make("aws:ec2/vpc:Vpc", this.name, { cidrBlock });
    const gateway = await this.make("aws:ec2/internetGateway:InternetGateway", this.name, {}, { vpcId: vpc });
    for (let zone = 1; zone <= Number(numberOfAvailabilityZones); zone += 1) await this.makeZone(zone, vpc, gateway);
    const ids = (kind: Kind) => this.subnets[kind].map(({ id }) => id);
    const references = (children: readonly RegisteredChild[]) => children.map(({ urn, id }) => referenceTo(urn, id));
    return {
      vpcId: vpc.id,
      ...{ publicSubnetIds: ids("Public"), privateSubnetIds: ids("Private"), isolatedSubnetIds: [] },
      ...{ publicSubnets: references(this.subnets.Public), privateSubnets: references(this.subnets.Private) },
      routeTables: references(this.routeTables),
    };
  }

  private async makeZone(zone: number, vpc: RegisteredChild, gateway: RegisteredChild): Promise<void> {
    const { routeTable, subnet } = await this.makeSubnet("Public", zone, vpc);
    const name = `${this.name}-${zone}`;
    await this.makeRoute(`${this.name}-public-${zone}`, routeTable, { gatewayId: gateway });
    const { natGateways } = this.inputs as { natGateways?: { strategy?: string } };
    const ofPrivate = await this.makeSubnet("Private", zone, vpc);
    if (natGateways?.strategy !== "OnePerAz") return;
    const address = await this.make("aws:ec2/eip:Eip", name, {});
    const nat = await this.make("aws:ec2/natGateway:NatGateway", name, {}, { allocationId: address, subnetId: subnet });
    await this.makeRoute(`${this.name}-private-${zone}`, ofPrivate.routeTable, { natGatewayId: nat });
  }

  private async makeSubnet(kind: Kind, zone: number, vpc: RegisteredChild) {
    const name = `${this.name}-${kind.toLowerCase()}-${zone}`;
    const availabilityZone = `${REGION}${"abcdef"[zone - 1]}`;
    const cidrBlock = `10.20.${16 * zone + (kind === "Public" ? 8 : 0)}.0/21`;
    const subnet = await this.make("aws:ec2/subnet:Subnet", name, { availabilityZone, cidrBlock }, { vpcId: vpc });
    const routeTable = await this.make("aws:ec2/routeTable:RouteTable", name, {}, { vpcId: vpc });
    const ends = { routeTableId: routeTable, subnetId: subnet };
    await this.make("aws:ec2/routeTableAssociation:RouteTableAssociation", name, {}, ends);
    this.subnets[kind].push(subnet);
    this.routeTables.push(routeTable);
    return { subnet, routeTable };
  }

  private makeRoute(name: string, routeTableId: RegisteredChild, way: Readonly<Record<string, RegisteredChild>>) {
    return this.make("aws:ec2/route:Route", name, { destinationCidrBlock: "0.0.0.0/0" }, { routeTableId, ...way });
  }

  /** @param from inputs that are other resources' ids */
  private make(
    type: string,
    name: string,
    inputs: Readonly<Record<string, Value>>,
    from: Readonly<Record<string, RegisteredChild>> = {},
  ): Promise<RegisteredChild> {
    const ids = Object.entries(from).map(([key, { id }]) => [key, id]);
    const dependencies = Object.fromEntries(Object.entries(from).map(([key, { urn }]) => [key, [urn]]));
    return this.register({ type, name, inputs: { ...inputs, ...Object.fromEntries(ids) }, dependencies });
  }
}
