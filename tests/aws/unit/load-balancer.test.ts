import { beforeAll, describe, expect, it } from "vitest";
import {
  all,
  CERTIFICATE,
  INPUTS,
  inputsByName,
  type MadeService,
  makeService,
  TYPES,
  WEB_ACL,
  withSettings,
} from "../support/make-service.ts";
import { theOnly } from "../support/pulumi-mocks.ts";

let made: MadeService;
beforeAll(async () => {
  made = await makeService(INPUTS);
});

describe("the load balancer", () => {
  it("faces the allowed callers, holds a silent connection for as long as any answer takes, and drops malformed headers", () => {
    expect(theOnly(made.registrations, TYPES.loadBalancer).inputs).toEqual({
      loadBalancerType: "application",
      internal: false,
      subnets: ["public-a", "public-b"],
      securityGroups: ["pharos-load-balancer-id"],
      idleTimeout: 300,
      dropInvalidHeaderFields: true,
      enableDeletionProtection: false,
    });
  });

  it("is internal, among the tasks, where no callers outside are allowed", async () => {
    const internal = await withSettings({ allowedCidrs: [] });
    expect(theOnly(internal.registrations, TYPES.loadBalancer).inputs).toMatchObject({
      internal: true,
      subnets: ["private-a", "private-b"],
    });
    // It is another load balancer then, and a target group has one at a time.
    expect(theOnly(internal.registrations, TYPES.loadBalancer).options.deleteBeforeReplace).toBe(true);
  });

  it("waits longer where the config lets a request take longer", async () => {
    const slow = await makeService({ ...INPUTS, server: { deadlineMs: 900_000, shutdownMs: 0 } });
    expect(theOnly(slow.registrations, TYPES.loadBalancer).inputs.idleTimeout).toBe(910);
    expect(theOnly(slow.registrations, TYPES.targetGroup).inputs.deregistrationDelay).toBe(910);
  });

  it("asks the task that has the least to do, sends nobody to one that is not ready, and lets one that leaves finish", () => {
    expect(theOnly(made.registrations, TYPES.targetGroup).inputs).toEqual({
      vpcId: "vpc-1",
      targetType: "ip",
      port: 8_080,
      protocol: "HTTP",
      loadBalancingAlgorithmType: "least_outstanding_requests",
      deregistrationDelay: 70,
      healthCheck: {
        path: "/health/ready",
        matcher: "200",
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
    });
  });

  it("speaks HTTP where there is no certificate", () => {
    expect(theOnly(made.registrations, TYPES.listener).inputs).toEqual({
      loadBalancerArn: "arn:aws:lb:eu-central-1:123456789012:pharos",
      port: 80,
      protocol: "HTTP",
      defaultActions: [{ type: "forward", targetGroupArn: "arn:aws:lb:eu-central-1:123456789012:pharos" }],
    });
    expect(made.result.url).toBe("http://pharos-1.eu-central-1.elb.amazonaws.com");
  });

  it("speaks HTTPS with a modern policy where there is one, and leads HTTP there", async () => {
    const secure = await withSettings({ certificateArn: CERTIFICATE });
    expect(inputsByName(all(secure, TYPES.listener))).toEqual({
      "pharos-https": {
        loadBalancerArn: "arn:aws:lb:eu-central-1:123456789012:pharos",
        port: 443,
        protocol: "HTTPS",
        certificateArn: CERTIFICATE,
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        defaultActions: [{ type: "forward", targetGroupArn: "arn:aws:lb:eu-central-1:123456789012:pharos" }],
      },
      "pharos-http": {
        loadBalancerArn: "arn:aws:lb:eu-central-1:123456789012:pharos",
        port: 80,
        protocol: "HTTP",
        defaultActions: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
      },
    });
    expect(secure.result.url).toBe("https://pharos-1.eu-central-1.elb.amazonaws.com");
  });

  it("is behind a web ACL where one is named, and behind none else", async () => {
    expect(all(made, TYPES.webAcl)).toEqual([]);
    const { registrations } = await withSettings({ webAclArn: WEB_ACL });
    const { inputs, options } = theOnly(registrations, TYPES.webAcl);
    expect(inputs).toEqual({ resourceArn: "arn:aws:lb:eu-central-1:123456789012:pharos", webAclArn: WEB_ACL });
    expect(options.deleteBeforeReplace).toBe(true);
  });
});
