import { z } from "zod";
import type { ResourceRule } from "./rule.ts";

const deployment = z.object({
  deploymentCircuitBreaker: z.object({ enable: z.boolean(), rollback: z.boolean() }).optional(),
  networkConfiguration: z.object({ assignPublicIp: z.boolean().optional() }).optional(),
});

const container = z.object({
  name: z.string(),
  image: z.string(),
  readonlyRootFilesystem: z.boolean().optional(),
  privileged: z.boolean().optional(),
  user: z.string().optional(),
});

export const CONTAINER_RULES: readonly ResourceRule[] = [
  {
    name: "deployment-rolls-back",
    description: "A deployment whose tasks do not come to run is stopped, and the former one comes back.",
    types: ["aws:ecs/service:Service"],
    problems({ properties }) {
      const { deploymentCircuitBreaker: breaker } = deployment.parse(properties);
      return breaker?.enable === true && breaker.rollback ? [] : ["has no deployment circuit breaker that rolls back"];
    },
  },
  {
    name: "no-public-task",
    description: "Tasks have no public address.",
    types: ["aws:ecs/service:Service"],
    problems: ({ properties }) =>
      deployment.parse(properties).networkConfiguration?.assignPublicIp === true
        ? ["gives its tasks public addresses"]
        : [],
  },
  {
    name: "locked-container",
    description:
      "Containers run as nobody special on a root file system that they cannot write, from an image that nothing replaces.",
    types: ["aws:ecs/taskDefinition:TaskDefinition"],
    problems({ properties }) {
      const { data } = z.array(container).safeParse(jsonOf(properties.containerDefinitions));
      return data === undefined ? ["has no container definitions that can be read"] : data.flatMap(containerProblems);
    },
  },
];

function containerProblems({ name, image, readonlyRootFilesystem, privileged, user }: z.output<typeof container>) {
  const problems: string[] = [];
  if (!/@sha256:[0-9a-f]{64}$/u.test(image)) problems.push(`runs ${name} from ${image}, which has no digest`);
  if (readonlyRootFilesystem !== true) problems.push(`lets ${name} write its root file system`);
  if (privileged === true) problems.push(`runs ${name} with the rights of its host`);
  if (user !== undefined && /^(root|0)(:|$)/u.test(user)) problems.push(`runs ${name} as root`);
  return problems;
}

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
