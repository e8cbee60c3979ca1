import type { Value, Values } from "../engine/values.ts";
import type { Cloud } from "./cloud.ts";
import { ACCOUNT, REGION } from "./resource-types.ts";

const REPOSITORY = "aws:ecr/repository:Repository";
const ZONES = ["a", "b", "c"].map((letter) => `${REGION}${letter}`);

type Function = (inputs: Values, cloud: Cloud) => Readonly<Record<string, Value>>;

const FUNCTIONS: Readonly<Record<string, Function>> = {
  "aws:ec2/getVpcEndpointService:getVpcEndpointService": ({ service }) => ({
    id: String(service),
    availabilityZones: ZONES,
    serviceName: `com.amazonaws.${REGION}.${service}`,
  }),
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": () => ({
    id: REGION,
    userName: "AWS",
    password: `token-${Math.random()}`,
    proxyEndpoint: `https://${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`,
  }),
  "aws:ecr/getImage:getImage": ({ imageTag }) => ({
    id: String(imageTag),
    imageDigest: `sha256:${String(imageTag).padEnd(64, "0")}`,
  }),
  "aws:ecr/getRepositories:getRepositories": (_inputs, cloud) => ({
    id: REGION,
    region: REGION,
    names: [...cloud.all(REPOSITORY).keys()],
  }),
  "aws:ecr/getRepository:getRepository": ({ name }, cloud) => {
    const repository = cloud.read(REPOSITORY, String(name));
    if (repository === undefined) throw new Error(`reading ECR Repository (${name}): couldn't find resource`);
    return { id: String(name), ...repository.outputs, tags: repository.inputs.tags ?? {} };
  },
  "aws:ecs/getService:getService": ({ clusterArn, serviceName }, cloud) =>
    runningService(clusterArn, serviceName, cloud),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    id: ACCOUNT,
    accountId: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/deployer`,
    userId: "AIDAEXAMPLE",
  }),
  "aws:secretsmanager/getSecret:getSecret": ({ name }) => ({
    id: String(name),
    name: String(name),
    arn: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`,
  }),
};

/** The tag of an image whose tasks never become healthy. */
export const BROKEN_TAG = "broken";

/** What runs: after the tasks of a broken image, the circuit breaker has gone back to the task definition before. */
function runningService(clusterArn: Value | undefined, serviceName: Value | undefined, cloud: Cloud): Values {
  const services = [...cloud.all("aws:ecs/service:Service").values()];
  const service = services.find(({ cluster, name }) => cluster === clusterArn && name === serviceName);
  if (service === undefined) throw new Error(`reading ECS Service (${serviceName}): couldn't find resource`);
  const { taskDefinition, desiredCount } = service;
  const definitions = [...cloud.all("aws:ecs/taskDefinition:TaskDefinition")];
  const declared = definitions.find(([id]) => String(taskDefinition).endsWith(`/${id}`));
  const isBroken = String(declared?.[1].containerDefinitions).includes(BROKEN_TAG);
  const running = isBroken ? String(taskDefinition).replace(/\d+$/u, "0") : String(taskDefinition);
  const counts = { desiredCount: Number(desiredCount), runningCount: Number(desiredCount) };
  return {
    id: String(serviceName),
    deployments: [{ status: "PRIMARY", taskDefinition: running, ...counts }],
    events: isBroken ? [{ message: "(deployment 1) deployment failed: tasks failed to start" }] : [],
  };
}

/** Calls a function of the providers. */
export function invoke(token: string, inputs: Values, cloud: Cloud): Values {
  const known = FUNCTIONS[token];
  if (known === undefined) throw new Error(`the tests' cloud has no function ${token}: functions.ts lists what it has`);
  return known(inputs, cloud);
}
