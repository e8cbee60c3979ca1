import type { Value, Values } from "../engine/values.ts";
import type { Cloud } from "./cloud.ts";
import { ACCOUNT, REGION } from "./resource-types.ts";

const REPOSITORY = "aws:ecr/repository:Repository";

type Function = (inputs: Values, cloud: Cloud) => Readonly<Record<string, Value>>;

const FUNCTIONS: Readonly<Record<string, Function>> = {
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
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": () => ({
    id: REGION,
    userName: "AWS",
    password: `token-${Math.random()}`,
    proxyEndpoint: `https://${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`,
  }),
};

/** Calls a function of the providers. */
export function invoke(token: string, inputs: Values, cloud: Cloud): Values {
  const known = FUNCTIONS[token];
  if (known === undefined) throw new Error(`the tests' cloud has no function ${token}: functions.ts lists what it has`);
  return known(inputs, cloud);
}
