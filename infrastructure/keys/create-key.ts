import type { CreatedKey, KeyRequest } from "../../adapters/inbound/cli/runtime.ts";
import { ServiceError } from "../../domain/errors.ts";
import { check } from "../config/problems.ts";
import { digestOf, newKey } from "./secret.ts";
import { keyName, keySettings } from "./settings.ts";

/** A new key that the config will take. @throws ServiceError invalid-request (lists what the config would refuse) */
export function createKey({ name, scopes, expires }: KeyRequest): CreatedKey {
  const key = newKey();
  const sha256 = digestOf(key).toString("hex");
  const hash = { sha256, ...(expires === undefined ? {} : { expires }) };
  const problems = [
    ...(check(keyName, name).problems ?? []).map(({ message }) => ({ field: "name", message })),
    ...(check(keySettings, { scopes, hashes: [hash] }).problems ?? []),
  ];
  if (problems.length === 0) return { key, sha256 };
  const detail = problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
  throw new ServiceError("invalid-request", `The key cannot be made: ${detail}`, { problems });
}
