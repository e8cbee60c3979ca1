import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { type Config, loadConfig } from "../../infrastructure/config/load.ts";
import { ConfigError } from "../../infrastructure/config/problems.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The config that the YAML makes with these variables. */
export async function loading(yaml: string, variables: Record<string, string> = {}): Promise<Config> {
  const folder = await temporaryFolder();
  const configFile = join(folder, "pharos.yaml");
  await writeFile(configFile, yaml);
  return loadConfig({ configFile, dataDirectory: folder, variables });
}

/** What is wrong with it, each problem as its field and its message; fails where nothing is. */
export async function problemsOf(yaml: string, variables: Record<string, string> = {}): Promise<readonly string[]> {
  const error = await loading(yaml, variables).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ field, message }) => `${field}: ${message}`);
}
