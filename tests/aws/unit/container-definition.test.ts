import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ContainerValues, containerDefinition } from "../../../infrastructure/aws/container-definition.ts";

const VALUES: ContainerValues = {
  image: "registry/pharos@sha256:1",
  region: "eu-central-1",
  logGroupName: "/pharos",
  environment: { PHAROS_SERVICE: "pharos" },
  secrets: [{ variable: "PHAROS_KEYS", valueFrom: "arn:keys" }],
};

const variables = fc.dictionary(fc.stringMatching(/^[A-Z][A-Z_]{0,6}$/u), fc.string({ maxLength: 5 }), { maxKeys: 6 });

describe("the container", () => {
  it("runs as nobody's root, on a root file system that it cannot write to, with nothing that it could gain", () => {
    expect(containerDefinition(VALUES)).toMatchObject({
      user: "10001:10001",
      readonlyRootFilesystem: true,
      linuxParameters: { initProcessEnabled: false, capabilities: { drop: ["ALL"] } },
      mountPoints: [
        { sourceVolume: "data", containerPath: "/var/lib/pharos", readOnly: false },
        { sourceVolume: "temporary", containerPath: "/tmp", readOnly: false },
      ],
    });
  });

  it("is asked for its health inside, and has two minutes to stop", () => {
    expect(containerDefinition(VALUES)).toMatchObject({
      essential: true,
      healthCheck: {
        command: ["CMD", "node", "/app/scripts/image/healthcheck.mjs"],
        interval: 15,
        timeout: 5,
        retries: 3,
        startPeriod: 300,
      },
      stopTimeout: 120,
      ulimits: [{ name: "nofile", softLimit: 65_535, hardLimit: 65_535 }],
    });
  });

  it("writes its log without waiting for it", () => {
    expect(containerDefinition(VALUES).logConfiguration).toEqual({
      logDriver: "awslogs",
      options: {
        "awslogs-group": "/pharos",
        "awslogs-region": "eu-central-1",
        "awslogs-stream-prefix": "task",
        mode: "non-blocking",
        "max-buffer-size": "25m",
      },
    });
  });

  it("gets each secret by its ARN, and no value of one", () => {
    expect(containerDefinition(VALUES).secrets).toEqual([{ name: "PHAROS_KEYS", valueFrom: "arn:keys" }]);
  });

  it("is the same text for the same variables in any order, so that no revision is made for nothing", () => {
    fc.assert(
      fc.property(variables, variables, (environment, secretArns) => {
        const secrets = Object.entries(secretArns).map(([variable, valueFrom]) => ({ variable, valueFrom }));
        const one = containerDefinition({ ...VALUES, environment, secrets });
        const other = containerDefinition({
          ...VALUES,
          environment: Object.fromEntries(Object.entries(environment).toReversed()),
          secrets: secrets.toReversed(),
        });
        expect(JSON.stringify(other)).toBe(JSON.stringify(one));
      }),
    );
  });

  it("listens on the port that the load balancer asks, whatever the environment says", () => {
    fc.assert(
      fc.property(variables, (environment) => {
        const container = containerDefinition({ ...VALUES, environment: { ...environment, PORT: "1" } });
        const [port] = container.portMappings;
        expect(container.environment.filter(({ name }) => name === "PORT")).toEqual([
          { name: "PORT", value: String(port?.containerPort) },
        ]);
      }),
    );
  });
});
