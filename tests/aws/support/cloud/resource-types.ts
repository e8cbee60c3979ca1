import { createHash } from "node:crypto";
import type { Value, Values } from "../engine/values.ts";

/** What the cloud knows of a type of resource. */
export interface ResourceType {
  /** Inputs that only a new resource can change. */
  readonly replacing: readonly string[];
  /** The input that Pulumi makes up where the program gives none. */
  readonly autoname?: string;
  /** Default: the type's last word and a number. */
  readonly id?: (inputs: Values, number: number) => string;
  /** Its outputs beside its inputs. */
  readonly outputs?: (inputs: Values, id: string) => Readonly<Record<string, Value>>;
}

export const ACCOUNT = "123456789012";
export const REGION = "eu-central-1";

const REGISTRY = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`;
const name = (inputs: Values) => String(inputs.name);

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  "pulumi:providers:aws": { replacing: ["region"] },
  "aws:ecr/repository:Repository": {
    replacing: ["name", "encryptionConfigurations"],
    autoname: "name",
    id: name,
    outputs: (inputs, id) => ({
      arn: `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${id}`,
      registryId: ACCOUNT,
      repositoryUrl: `${REGISTRY}/${id}`,
      tagsAll: inputs.tags ?? {},
    }),
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    replacing: ["repository"],
    id: ({ repository }) => String(repository),
  },
  // Its own comparison never replaces: github.com/pulumi/pulumi-docker-build/blob/main/provider/internal/image.go
  "docker-build:index:Image": {
    replacing: [],
    outputs: (inputs) => ({ digest: digestOf(inputs), contextHash: "0", ref: "" }),
  },
};

function digestOf(inputs: Values): string {
  return `sha256:${createHash("sha256")
    .update(JSON.stringify({ ...inputs, registries: [] }))
    .digest("hex")}`;
}
