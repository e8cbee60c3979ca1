import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { idleTimeoutSeconds } from "../idle-timeout.ts";
import { deregistrationDelaySeconds, type ServerTimes } from "./request-times.ts";

export interface LoadBalancerInputs {
  /** Begins the names of the resources. */
  readonly name: string;
  readonly vpcId: pulumi.Input<string>;
  /** At least two, in two zones. */
  readonly subnetIds: pulumi.Input<readonly string[]>;
  readonly securityGroupId: pulumi.Input<string>;
  /** Without an address of the Internet. */
  readonly internal: boolean;
  /** What the container listens on. */
  readonly containerPort: number;
  readonly certificateArn?: string | undefined;
  readonly webAclArn?: string | undefined;
  readonly server: ServerTimes;
}

/** TLS 1.3, and 1.2 with forward secrecy, with keys that a quantum computer does not find: what AWS recommends. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html */
const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09";

/** HTTPS, and HTTP that leads there, where there is a certificate; HTTP alone where there is none. */
export function listenerPorts(certificateArn: string | undefined): readonly number[] {
  return certificateArn === undefined ? [80] : [443, 80];
}

/**
 * The one way in. It is not protected from deletion: all that it holds can be made again from the program, and `pulumi destroy` is to be
 * one step. It keeps no log of its own: the service logs each request, and what never reached a task is counted in its metrics.
 */
export class LoadBalancer extends pulumi.ComponentResource {
  /** `https://` and its own name where it has a certificate, which is for the name that you point at it. */
  readonly url: pulumi.Output<string>;
  readonly arnSuffix: pulumi.Output<string>;
  readonly targetGroupArn: pulumi.Output<string>;
  readonly targetGroupArnSuffix: pulumi.Output<string>;
  /** Until it is there the target group has no load balancer, and ECS refuses a service. */
  readonly listener: aws.lb.Listener;

  constructor(name: string, inputs: LoadBalancerInputs, options?: pulumi.ComponentResourceOptions) {
    super("pharos:aws:LoadBalancer", name, {}, options);
    const { certificateArn, webAclArn } = inputs;
    const loadBalancer = new aws.lb.LoadBalancer(
      inputs.name,
      {
        loadBalancerType: "application",
        internal: inputs.internal,
        subnets: pulumi.output(inputs.subnetIds).apply((ids) => [...ids]),
        securityGroups: [inputs.securityGroupId],
        idleTimeout: idleTimeoutSeconds(inputs.server.deadlineMs),
        dropInvalidHeaderFields: true,
        enableDeletionProtection: false,
      },
      // An internal one cannot become an open one, and a target group has one load balancer at a time: the old one goes first, with its
      // listeners. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
      { parent: this, deleteBeforeReplace: true },
    );
    const targetGroup = this.targetGroup(inputs);
    this.listener = this.listen(loadBalancer, targetGroup, inputs);
    if (webAclArn !== undefined)
      new aws.wafv2.WebAclAssociation(
        inputs.name,
        { resourceArn: loadBalancer.arn, webAclArn },
        { parent: this, deleteBeforeReplace: true },
      );
    const scheme = certificateArn === undefined ? "http" : "https";
    this.url = pulumi.interpolate`${scheme}://${loadBalancer.dnsName}`;
    this.arnSuffix = loadBalancer.arnSuffix;
    this.targetGroupArn = targetGroup.arn;
    this.targetGroupArnSuffix = targetGroup.arnSuffix;
    this.registerOutputs({ url: this.url });
  }

  private targetGroup({ name, vpcId, containerPort, server }: LoadBalancerInputs): aws.lb.TargetGroup {
    return new aws.lb.TargetGroup(
      name,
      {
        vpcId,
        targetType: "ip",
        port: containerPort,
        protocol: "HTTP",
        // A question takes from milliseconds to a minute: the task with the fewest under way is the idlest.
        loadBalancingAlgorithmType: "least_outstanding_requests",
        deregistrationDelay: deregistrationDelaySeconds(server),
        healthCheck: {
          path: "/health/ready",
          matcher: "200",
          interval: 10,
          timeout: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 3,
        },
      },
      { parent: this },
    );
  }

  private listen(
    { arn: loadBalancerArn }: aws.lb.LoadBalancer,
    { arn: targetGroupArn }: aws.lb.TargetGroup,
    { name, certificateArn }: LoadBalancerInputs,
  ): aws.lb.Listener {
    const forward = [{ type: "forward", targetGroupArn }];
    const http = { loadBalancerArn, port: 80, protocol: "HTTP" };
    if (certificateArn === undefined)
      return new aws.lb.Listener(`${name}-http`, { ...http, defaultActions: forward }, { parent: this });
    const redirect = { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" };
    new aws.lb.Listener(
      `${name}-http`,
      { ...http, defaultActions: [{ type: "redirect", redirect }] },
      { parent: this },
    );
    const tls = { port: 443, protocol: "HTTPS", certificateArn, sslPolicy: TLS_POLICY };
    return new aws.lb.Listener(`${name}-https`, { loadBalancerArn, ...tls, defaultActions: forward }, { parent: this });
  }
}
