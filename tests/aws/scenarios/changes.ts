import { BROKEN_TAG } from "../support/cloud/functions.ts";
import { RESOURCE_TYPES } from "../support/cloud/resource-types.ts";
import type { Given, Outcome, Step } from "../support/stack.ts";

const DIGEST = "a".repeat(64);
const REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pharos";
const BASE = { "aws:region": "eu-central-1", "pharos:imageUri": `${REPOSITORY}@sha256:${DIGEST}` };

const MODELS = `
models:
  extractive: { adapter: extractive }
  nova: { adapter: bedrock, model: "eu.amazon.nova-pro-v1:0", region: eu-central-1, context_tokens: 300000 }
embedders:
  lsa: { adapter: lsa }
searches:
  faiss: { adapter: faiss, embedder: lsa }
`;
const MORE_MODELS = MODELS.replace(
  "embedders:",
  '  titan: { adapter: bedrock, model: "amazon.titan-text-premier-v1:0", region: eu-central-1, context_tokens: 32000 }\nembedders:',
);
const OUTSIDE = MODELS.replace(
  "embedders:",
  "  gpt: { adapter: openai, model: gpt-4o, api_key: some-key, base_url: https://api.openai.com/v1, context_tokens: 128000 }\nembedders:",
);

/** What every case starts from. */
export const DEPLOYED: Given = { config: BASE, pharosYaml: MODELS };

/** An image whose tasks never become healthy. */
export const BROKEN: Given = { ...DEPLOYED, config: { ...BASE, "pharos:imageUri": `${REPOSITORY}:${BROKEN_TAG}` } };

interface Change {
  readonly name: string;
  readonly given: Given;
  /** What the engine does, but for what it leaves as it is: operation, last word of the type, and name, in the alphabet's order. */
  readonly expected: readonly string[];
}

const NEW_TASKS = [
  "create-replacement TaskDefinition pharos",
  "delete-replaced TaskDefinition pharos",
  "update Service pharos",
];

export const CHANGES: readonly Change[] = [
  {
    name: "the image",
    given: { ...DEPLOYED, config: { ...BASE, "pharos:imageUri": `${REPOSITORY}@sha256:${"b".repeat(64)}` } },
    expected: NEW_TASKS,
  },
  {
    name: "the number of tasks",
    given: { ...DEPLOYED, config: { ...BASE, "pharos:minTasks": "4", "pharos:maxTasks": "9" } },
    expected: ["update MetricAlarm pharos-running-tasks", "update Target pharos"],
  },
  {
    name: "the size of a task, and how long the log is kept",
    given: { ...DEPLOYED, config: { ...BASE, "pharos:cpu": "2048", "pharos:logRetentionDays": "90" } },
    expected: [
      ...["create-replacement TaskDefinition pharos", "delete-replaced TaskDefinition pharos"],
      ...["update LogGroup pharos", "update Policy pharos-own-requests", "update Policy pharos-requests"],
      "update Policy pharos-streams",
      "update Service pharos",
    ],
  },
  {
    name: "a model in the list",
    given: { ...DEPLOYED, pharosYaml: MORE_MODELS },
    expected: ["update RolePolicy pharos-task"],
  },
  {
    name: "a vendor outside AWS in the list",
    given: { ...DEPLOYED, pharosYaml: OUTSIDE },
    expected: [
      ...["create Eip pharos-1", "create Eip pharos-2", "create MetricAlarm pharos-throttled-by-openai"],
      ...["create NatGateway pharos-1", "create NatGateway pharos-2"],
      ...["create Route pharos-private-1", "create Route pharos-private-2"],
      "create SecurityGroupEgressRule pharos-task-to-anywhere",
      "delete SecurityGroupEgressRule pharos-task-to-s3",
      "delete SecurityGroupEgressRule pharos-task-to-vpc",
      "update Dashboard pharos",
    ],
  },
  {
    name: "the secret with the callers' keys",
    given: { ...DEPLOYED, config: { ...BASE, "pharos:keysSecret": "pharos/keys" } },
    expected: [
      ...["create VpcEndpoint pharos-secretsmanager", ...NEW_TASKS].toSorted(),
      "update RolePolicy pharos-execution",
    ].toSorted(),
  },
  {
    // An internal load balancer cannot become an open one.
    name: "who may reach the load balancer",
    given: { ...DEPLOYED, config: { ...BASE, "pharos:allowedCidrs": "203.0.113.0/24", "pharos:smokeTest": "rollout" } },
    expected: [
      ...["create SecurityGroupIngressRule pharos-load-balancer-80-from-203.0.113.0-24"],
      ...["create-replacement Listener pharos-http", "create-replacement LoadBalancer pharos"],
      "delete SecurityGroupIngressRule pharos-load-balancer-80-from-vpc",
      ...["delete-replaced Listener pharos-http", "delete-replaced LoadBalancer pharos", "update Dashboard pharos"],
      ...["running-tasks", "server-errors", "slow-answers"].map((alarm) => `update MetricAlarm pharos-${alarm}`),
      "update Policy pharos-requests",
    ],
  },
];

/** What an engine did, but for what it left as it is, in the alphabet's order. */
export function changesOf({ steps }: Outcome): readonly string[] {
  return steps
    .filter(({ operation, type }) => operation !== "same" && RESOURCE_TYPES[type] !== undefined)
    .map(({ operation, type, name }) => `${operation} ${type.split(":").at(-1)} ${name}`)
    .toSorted();
}

/** What was replaced or deleted although something lies in it that nobody can make again. */
export function lossesOf({ steps }: Outcome): readonly Step[] {
  return steps.filter(
    ({ operation, type }) =>
      (operation.startsWith("delete") || operation.endsWith("replacement")) && RESOURCE_TYPES[type]?.holdsData,
  );
}
