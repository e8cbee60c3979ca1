import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./settings.ts";
import type { SecretVariable } from "./task-definition.ts";

/** Where in the bucket the snapshots are published that the service follows. */
export const SNAPSHOT_PREFIX = "snapshots/faiss";

/** Variables of the container that no secret is behind, but for where its snapshots are. */
export function plainVariables(settings: Settings): Readonly<Record<string, string>> {
  return {
    ...settings.environment,
    AWS_REGION: settings.region,
    PHAROS_SERVICE: settings.name,
    // Without keys the allowed ranges are what keeps others out.
    ...(settings.keysSecret === undefined ? { PHAROS_ANONYMOUS: "true" } : {}),
  };
}

/** Names of the secrets of Secrets Manager, by their variables. */
export function secretNames({ secrets, keysSecret }: Settings): Readonly<Record<string, string>> {
  return { ...secrets, ...(keysSecret === undefined ? {} : { PHAROS_KEYS: keysSecret }) };
}

/** Looks the secrets up, in a preview too: one that is not there is an error. */
export function findSecrets(settings: Settings, options: pulumi.InvokeOutputOptions): readonly SecretVariable[] {
  return Object.entries(secretNames(settings)).map(([variable, name]) => ({
    variable,
    valueFrom: aws.secretsmanager.getSecretOutput({ name }, options).arn,
  }));
}
