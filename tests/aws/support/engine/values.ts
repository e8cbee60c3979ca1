/** Values of a program's resources, as JSON: secrets are unwrapped, since nothing here prints them. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
export type Values = { readonly [key: string]: Value };

/** Stands in a preview for what is not known yet: github.com/pulumi/pulumi/blob/v3.260.0/sdk/nodejs/runtime/rpc.ts#L434 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What a message of the language host carries, without the marks of secrets. */
function plain(value: unknown): Value {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value as Value;
  const entries = value as Readonly<Record<string, unknown>>;
  if (entries[SIGNATURE] === SECRET) return plain(entries.value);
  return plainEntries(entries);
}

/** As `plain`, of a whole resource. */
export function plainEntries(entries: object): Values {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, plain(value)]));
}

export function isEqual(left: Value | undefined, right: Value | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  const [one, other] = [Object.entries(left), new Map(Object.entries(right))];
  return one.length === other.size && one.every(([key, value]) => other.has(key) && isEqual(value, other.get(key)));
}

/** Stands for a resource among a component's outputs. */
export function referenceTo(urn: string, id: string): Value {
  return { [SIGNATURE]: RESOURCE, urn, id: id === "" ? UNKNOWN : id };
}
