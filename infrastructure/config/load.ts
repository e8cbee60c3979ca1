import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseDocument } from "yaml";
import type { Problem } from "../../domain/errors.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import {
  type AdapterDefinition,
  completionAdapters,
  type Embedder,
  embeddingAdapters,
  type Prepared,
  type Search,
  searchAdapters,
} from "../container/registry.ts";
import { loadAdapterModule } from "./adapter-module.ts";
import type { Environment } from "./environment.ts";
import { type Interpolated, interpolate } from "./interpolate.ts";
import { ConfigError, problemsOf } from "./problems.ts";
import { type ConfigFile, configSchema } from "./schema.ts";

/** An adapter that the config names. */
export interface AdapterEntry<Made> {
  readonly name: string;
  /** The embedder that it asks for, by its name in the config. */
  readonly embedder?: string;
  /** Variables that it needs and that are not set: then it cannot be asked. */
  readonly missing: readonly string[];
  readonly load: Extract<Prepared<Made>, { readonly load: unknown }>["load"];
}

/** The config, checked. */
export interface Config extends Omit<ConfigFile, "$schema" | "models" | "embedders" | "searches"> {
  /** Folder of the config file: relative paths in it start there. */
  readonly directory: string;
  readonly dataDirectory: string;
  readonly models: readonly AdapterEntry<CompletionPort>[];
  readonly embedders: readonly AdapterEntry<Embedder>[];
  readonly searches: readonly AdapterEntry<Search>[];
}

const KINDS = ["models", "embedders", "searches"] as const;

/**
 * Reads the config file. An entry of models, embedders or searches whose variables are missing is kept, and says which;
 * a variable that is missing anywhere else is a problem.
 * @throws ConfigError with every problem at once
 */
export async function loadConfig({ configFile, dataDirectory, variables }: Environment): Promise<Config> {
  const fail = (problems: readonly Problem[]) => new ConfigError(configFile, problems);
  const yaml = parseDocument(await readConfigFile(configFile), { merge: true });
  if (yaml.errors.length > 0) throw fail(yaml.errors.map(({ message }) => ({ field: "", message: message.trim() })));

  const interpolated = interpolate(yaml.toJS() ?? {}, variables);
  const problems: Problem[] = interpolated.missing
    .filter(({ path }) => !isEntryPath(path))
    .map(({ path, variable }) => ({
      field: path.join("."),
      message: `the variable ${variable} is not set and has no default`,
    }));

  const parsed = configSchema.safeParse(interpolated.value);
  if (!parsed.success)
    problems.push(...problemsOf(parsed.error).filter(({ field }) => !isMissing(field, interpolated)));
  if (!parsed.success) throw fail(problems);

  const { $schema: _, models, embedders, searches, ...rest } = parsed.data;
  const directory = dirname(configFile);
  const prepare = new EntryPreparer(directory, interpolated, problems);
  const config: Config = {
    ...rest,
    directory,
    dataDirectory,
    models: await prepare.all("models", models, completionAdapters),
    embedders: await prepare.all("embedders", embedders, embeddingAdapters),
    searches: await prepare.all("searches", searches, searchAdapters),
  };
  problems.push(...referenceProblems(config));
  if (problems.length > 0) throw fail(problems);
  return config;
}

async function readConfigFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new ConfigError(file, [{ field: "", message: `cannot be read (${code}); PHAROS_CONFIG names the file` }]);
  }
}

class EntryPreparer {
  private readonly directory: string;
  private readonly interpolated: Interpolated;
  private readonly problems: Problem[];

  constructor(directory: string, interpolated: Interpolated, problems: Problem[]) {
    this.directory = directory;
    this.interpolated = interpolated;
    this.problems = problems;
  }

  async all<Made>(
    kind: (typeof KINDS)[number],
    entries: Readonly<Record<string, { readonly adapter: string }>>,
    definitions: Readonly<Record<string, AdapterDefinition<Made>>>,
  ): Promise<readonly AdapterEntry<Made>[]> {
    const prepared = Object.entries(entries).map(([name, entry]) => this.one(kind, name, entry, definitions));
    return (await Promise.all(prepared)).filter((entry) => entry !== undefined);
  }

  private async one<Made>(
    kind: (typeof KINDS)[number],
    name: string,
    { adapter, ...options }: { readonly adapter: string; readonly embedder?: unknown },
    definitions: Readonly<Record<string, AdapterDefinition<Made>>>,
  ): Promise<AdapterEntry<Made> | undefined> {
    const path = `${kind}.${name}`;
    const missing = this.interpolated.missing
      .filter((use) => use.path[0] === kind && use.path[1] === name)
      .map((use) => use.variable);
    const prepared = await this.prepare(path, adapter, options, definitions, missing.length > 0);
    const found = (prepared.problems ?? []).map(({ field, message }) => ({
      field: field === "" ? path : `${path}.${field}`,
      message,
    }));
    this.problems.push(...found.filter(({ field }) => !isMissing(field, this.interpolated)));
    const load = prepared.load ?? (() => Promise.reject(new Error(`${path} lacks ${missing.join(", ")}`)));
    const { embedder } = options;
    return { name, missing: [...new Set(missing)], load, ...(typeof embedder === "string" ? { embedder } : {}) };
  }

  private async prepare<Made>(
    path: string,
    adapter: string,
    options: unknown,
    definitions: Readonly<Record<string, AdapterDefinition<Made>>>,
    isIncomplete: boolean,
  ): Promise<Prepared<Made>> {
    if (Object.hasOwn(definitions, adapter)) return definitions[adapter]?.prepare(options) ?? { problems: [] };
    const isModule = /^(?:\.{1,2}\/|\/|file:)/u.test(adapter);
    if (!isModule) {
      const known = Object.keys(definitions).join(", ");
      return {
        problems: [
          {
            field: "adapter",
            message: `no adapter "${adapter}"; known are ${known}, or the path of a module: ./mine.ts`,
          },
        ],
      };
    }
    if (isIncomplete) return { problems: [] };
    return loadAdapterModule<Made>(adapter, this.directory, options);
  }
}

function isEntryPath(path: readonly (string | number)[]): boolean {
  return path.length > 2 && KINDS.some((kind) => kind === path[0]);
}

/** Whether a variable is missing at, above or below the field: then it is told apart from what is wrong. */
function isMissing(field: string, { missing }: Interpolated): boolean {
  return missing.some(({ path }) => {
    const used = path.join(".");
    return used === field || used.startsWith(`${field}.`) || field.startsWith(`${used}.`);
  });
}

/** Names that point to nothing. */
function referenceProblems(config: Config): readonly Problem[] {
  const known = config.embedders.map(({ name }) => name);
  const embedders = config.searches.flatMap(({ name, embedder }) =>
    embedder === undefined || known.includes(embedder)
      ? []
      : [{ field: `searches.${name}.embedder`, message: `no embedder "${embedder}"; known are ${known.join(", ")}` }],
  );
  const searches = config.searches.map(({ name }) => name);
  const { sample } = config;
  if (sample === undefined || searches.includes(sample.corpus)) return embedders;
  return [
    ...embedders,
    { field: "sample.corpus", message: `no search "${sample.corpus}"; known are ${searches.join(", ")}` },
  ];
}
