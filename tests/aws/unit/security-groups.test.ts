import { beforeAll, describe, expect, it } from "vitest";
import {
  all,
  CERTIFICATE,
  INPUTS,
  inputsByName,
  type MadeService,
  makeService,
  TYPES,
  withSettings,
} from "../support/make-service.ts";

let made: MadeService;
beforeAll(async () => {
  made = await makeService(INPUTS);
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
