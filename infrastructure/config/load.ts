import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import type { Problem } from "../../domain/errors.ts";
import type { RerankPort } from "../../domain/ports/rerank-port.ts";
import { type Embedder, embeddingAdapters, rerankAdapters } from "../container/registry.ts";
import { withCallers } from "./callers.ts";
import type { ENTRY_KINDS } from "./entries.ts";
import { type Environment, regionOf, withListenAddress, withService } from "./environment.ts";
import { interpolate } from "./interpolate.ts";
import { lacksVariable, variableProblems } from "./missing-variables.ts";
import { type AdapterEntry, EntryPreparer, type ModelEntry, type SearchEntry } from "./prepared-entries.ts";
import { ConfigError, check } from "./problems.ts";
import { referenceProblems } from "./references.ts";
import { type ConfigFile, configSchema } from "./schema.ts";

/** The config, checked. */
export interface Config extends Omit<ConfigFile, "$schema" | (typeof ENTRY_KINDS)[number]> {
  /** Path of the config file. */
  readonly file: string;
  /** Folder of the config file: relative paths in it start there. */
  readonly directory: string;
  readonly dataDirectory: string;
  /** Of AWS, for published snapshots. */
  readonly region: string;
  readonly models: readonly ModelEntry[];
  readonly embedders: readonly AdapterEntry<Embedder>[];
  readonly rerankers: readonly AdapterEntry<RerankPort>[];
  readonly searches: readonly SearchEntry[];
}

/**
 * Reads the config file. An entry of models, embedders, rerankers or searches whose variables are missing is kept, and says which;
 * a variable that is missing anywhere else is a problem.
 * @throws ConfigError with every problem at once
 */
export async function loadConfig({ configFile, dataDirectory, variables }: Environment): Promise<Config> {
  const fail = (problems: readonly Problem[]) => new ConfigError(configFile, problems);
  const tree = parseYaml(await readConfigFile(configFile), fail);

  const interpolated = interpolate(tree, variables);
  const addressed = withListenAddress(interpolated.value, variables);
  const called = withCallers(withService(addressed.tree, variables), variables);
  const problems: Problem[] = [...variableProblems(interpolated), ...addressed.problems, ...called.problems];
  const checked = check(configSchema, called.tree);
  problems.push(...(checked.problems ?? []).filter(({ field }) => !lacksVariable(field, interpolated)));
  const directory = dirname(configFile);
  const preparer = new EntryPreparer(directory, interpolated, problems);
  const entries = {
    models: await preparer.models(),
    embedders: await preparer.all("embedders", embeddingAdapters),
    rerankers: await preparer.all("rerankers", rerankAdapters),
    searches: await preparer.searches(),
  };
  problems.push(...referenceProblems(interpolated.value));
  if (checked.problems !== undefined || problems.length > 0) throw fail(problems);
  const { $schema: _, ...rest } = checked.data;
  return { ...rest, ...entries, file: configFile, directory, dataDirectory, region: regionOf({ variables }) };
}

function parseYaml(text: string, fail: (problems: readonly Problem[]) => ConfigError): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { merge: true, prettyErrors: false, lineCounter });
  if (document.errors.length > 0)
    throw fail(
      document.errors.map(({ message, pos }) => {
        const { line, col } = lineCounter.linePos(pos[0]);
        // After a colon the parser quotes what it read, which may be a secret.
        return { field: "", message: `line ${line}, column ${col}: ${message.replace(/: ".*$/su, "")}` };
      }),
    );
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw fail([{ field: "", message: error instanceof Error ? error.message : String(error) }]);
  }
}

async function readConfigFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new ConfigError(file, [{ field: "", message: `cannot be read (${code}); PHAROS_CONFIG names the file` }]);
  }
}
