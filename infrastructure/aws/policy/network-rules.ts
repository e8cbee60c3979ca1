import { z } from "zod";
import type { DeclaredResource, ResourceRule, StackRule } from "./rule.ts";

const LISTENER_PORTS = new Set([80, 443]);
const OPEN = new Set(["0.0.0.0/0", "::/0"]);

const ranges = z.array(z.string()).default([]);
const ingress = z.object({
  fromPort: z.number().optional(),
  toPort: z.number().optional(),
  protocol: z.string().optional(),
  ipProtocol: z.string().optional(),
  cidrBlocks: ranges,
  ipv6CidrBlocks: ranges,
  cidrIpv4: z.string().optional(),
  cidrIpv6: z.string().optional(),
});

type Ingress = z.output<typeof ingress>;

const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const FORMER_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";

export const NETWORK_RULES: readonly ResourceRule[] = [
  {
    name: "no-open-port",
    description:
      "Nobody but the callers of the load balancer's listeners, on the ports 80 and 443, comes from everywhere.",
    types: [RULE, FORMER_RULE, GROUP],
    problems: (resource) =>
      openings(resource)
        .filter((opening) => !isListener(opening))
        .map(({ fromPort, toPort }) => `lets every address in on the ports ${fromPort ?? "0"} to ${toPort ?? "65535"}`),
  },
  {
    name: "load-balancer-drops-bad-headers",
    description: "The load balancer drops headers whose names are none, which servers read differently.",
    types: ["aws:lb/loadBalancer:LoadBalancer"],
    problems: ({ properties }) =>
      properties.dropInvalidHeaderFields === true ? [] : ["lets invalid header fields through"],
  },
];

/** What a security group of the tasks keeps that one of the load balancer need not. */
export const NETWORK_STACK_RULES: readonly StackRule[] = [
  {
    name: "no-open-task",
    description: "A security group that is open to every address is the load balancer's and never the tasks'.",
    problems(resources) {
      const groupsOfTasks = new Set(
        resources.filter(({ type }) => type === "aws:ecs/service:Service").flatMap(({ dependencies }) => dependencies),
      );
      return resources
        .filter((resource) => openings(resource).length > 0)
        .filter(({ urn, dependencies }) => [urn, ...dependencies].some((group) => groupsOfTasks.has(group)))
        .map(({ urn }) => ({ urn, message: "opens a security group of the tasks to every address" }));
    },
  },
];

/** What lets every address in. */
function openings({ type, properties }: DeclaredResource): readonly Ingress[] {
  const rules =
    type === GROUP
      ? z.array(ingress).parse(properties.ingress ?? [])
      : type === RULE || (type === FORMER_RULE && properties.type === "ingress")
        ? [ingress.parse(properties)]
        : [];
  return rules.filter(({ cidrBlocks, ipv6CidrBlocks, cidrIpv4 = "", cidrIpv6 = "" }) =>
    [...cidrBlocks, ...ipv6CidrBlocks, cidrIpv4, cidrIpv6].some((range) => OPEN.has(range)),
  );
}

function isListener({ fromPort, toPort, protocol, ipProtocol }: Ingress): boolean {
  return (
    fromPort !== undefined && fromPort === toPort && LISTENER_PORTS.has(fromPort) && (protocol ?? ipProtocol) === "tcp"
  );
}
