import { STOP_TIMEOUT_SECONDS } from "./request-times.ts";

/** The container's name in its task. */
export const CONTAINER_NAME = "pharos";
export const CONTAINER_PORT = 8_080;

/** Where the container can write, by the names of its volumes. The image names them too, so that they belong to its user: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html */
export const VOLUMES = { data: "/var/lib/pharos", temporary: "/tmp" } as const;

/** What the container's definition is made of, once every value is known. */
export interface ContainerValues {
  readonly image: string;
  readonly region: string;
  readonly logGroupName: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly { readonly variable: string; readonly valueFrom: string }[];
}

/** The container, in ECS' words: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
export function containerDefinition({ image, region, logGroupName, environment, secrets }: ContainerValues) {
  return {
    name: CONTAINER_NAME,
    image,
    essential: true,
    portMappings: [{ containerPort: CONTAINER_PORT, hostPort: CONTAINER_PORT, protocol: "tcp" }],
    user: "10001:10001",
    readonlyRootFilesystem: true,
    mountPoints: Object.entries(VOLUMES).map(([sourceVolume, containerPath]) => ({
      sourceVolume,
      containerPath,
      readOnly: false,
    })),
    // The image brings an init process of its own, tini.
    linuxParameters: { initProcessEnabled: false, capabilities: { drop: ["ALL"] } },
    // A stream holds two files, the caller's connection and the vendor's: as many as Fargate has.
    ulimits: [{ name: "nofile", softLimit: 65_535, hardLimit: 65_535 }],
    stopTimeout: STOP_TIMEOUT_SECONDS,
    // ECS reads no HEALTHCHECK of an image.
    healthCheck: {
      command: ["CMD", "node", "/app/scripts/image/healthcheck.mjs"],
      interval: 15,
      timeout: 5,
      retries: 3,
      // The most that ECS takes: a large index is fetched in this time.
      startPeriod: 300,
    },
    // In the order of their names, so that the same variables are the same definition.
    environment: Object.entries({ ...environment, PORT: String(CONTAINER_PORT) })
      .map(([name, value]) => ({ name, value }))
      .toSorted(byName),
    secrets: secrets.map(({ variable, valueFrom }) => ({ name: variable, valueFrom })).toSorted(byName),
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": logGroupName,
        "awslogs-region": region,
        "awslogs-stream-prefix": "task",
        // A log that cannot be written loses lines and does not stop the service: writing to it waits, and all callers with it.
        mode: "non-blocking",
        "max-buffer-size": "25m",
      },
    },
  };
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}
