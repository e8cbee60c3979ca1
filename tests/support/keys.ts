import { digestOf, newKey } from "../../infrastructure/keys/secret.ts";
import { type KeysSettings, keysSchema } from "../../infrastructure/keys/settings.ts";

/** A key and what the config says of it. */
export interface TestKey {
  readonly key: string;
  readonly sha256: string;
}

export function testKey(): TestKey {
  const key = newKey();
  return { key, sha256: digestOf(key).toString("hex") };
}

/** The keys as the config would have them. */
export function keysOf(json: Readonly<Record<string, unknown>>): KeysSettings {
  return keysSchema.parse(json);
}
