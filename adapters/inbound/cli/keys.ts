import type { CommandRuntime } from "./runtime.ts";

export interface CreateKeyOptions {
  readonly name: string;
  /** Separated by commas. */
  readonly scopes: string;
  readonly expires?: string;
  readonly json?: boolean;
}

/** Prints a new key, and the lines of the config by which the service knows it; neither is kept. */
export function createKey(runtime: CommandRuntime, { scopes: list, json, ...named }: CreateKeyOptions): void {
  const scopes = list.split(",").map((scope) => scope.trim());
  const { key, sha256 } = runtime.createKey({ ...named, scopes });
  const { name, expires } = named;
  const hash = { sha256, ...(expires === undefined ? {} : { expires }) };
  runtime.output.write(
    json
      ? `${JSON.stringify({ key, keys: { [name]: { scopes, hashes: [hash] } } }, null, 2)}\n`
      : `${key}\n\n${configLines(name, scopes, hash)}`,
  );
}

function configLines(name: string, scopes: readonly string[], hash: Readonly<Record<string, string>>): string {
  const fields = Object.entries(hash).map(([field, value]) => `${field}: "${value}"`);
  return [
    "# The key is shown this once and kept nowhere. Give it to the caller, and put these lines into pharos.yaml:",
    "keys:",
    `  "${name}":`,
    `    scopes: [${scopes.join(", ")}]`,
    `    hashes: [{ ${fields.join(", ")} }]`,
    "",
  ].join("\n");
}
