import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { Problem } from "../../domain/errors.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import type { RerankPort } from "../../domain/ports/rerank-port.ts";
import {
  type AdapterDefinition,
  completionAdapters,
  type Embedder,
  embeddingAdapters,
  type Prepared,
  rerankAdapters,
  type Search,
  searchAdapters,
} from "../container/registry.ts";
import type { Price } from "../metering/price.ts";
import { loadAdapterModule } from "./adapter-module.ts";
import { withCallers } from "./callers.ts";
import { entriesOf, modelsOf } from "./entries.ts";
import { type Environment, regionOf, withListenAddress, withService } from "./environment.ts";
import { type Interpolated, interpolate, type Path } from "./interpolate.ts";
import { ConfigError, check, fieldOf } from "./problems.ts";
import { referenceProblems } from "./references.ts";
import {
  type ConfigFile,
  configSchema,
  modelSettings,
  rerankSettings,
  searchSettings,
  targetSettings,
} from "./schema.ts";

/** An adapter that the config names. */
export interface AdapterEntry<Made> {
  readonly name: string;
  /** Name of the adapter, or path of its module. */
  readonly adapter: string;
  /** As the file has them, with the variables' values; without what a missing variable stands in. They may hold secrets. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The embedder that it asks for, by its name in the config. */
  readonly embedder?: string;
  /** Variables that it needs and that are not set: then it cannot be asked. */
  readonly missing: readonly string[];
  readonly load: Extract<Prepared<Made>, { readonly load: unknown }>["load"];
}

/** One of the places that a model can be asked at. */
export interface TargetEntry extends AdapterEntry<CompletionPort> {
  readonly weight: number;
  readonly price?: Price;
}

/** A model that the config names. */
export interface ModelEntry {
  readonly name: string;
  /** In the file's order, those that lack a variable too; at least one, unless the config cannot be used. */
  readonly targets: readonly TargetEntry[];
  /** Models that answer in its place, by their names. */
  readonly fallbacks: readonly string[];
  /** Variables that are not set, where no target has all of its own: then it cannot be asked. */
  readonly missing: readonly string[];
}

/** A search that the config names, and the reranker behind it, by its name in the config. */
export interface SearchEntry extends AdapterEntry<Search> {
  readonly rerank?: z.output<typeof rerankSettings>;
  readonly onFailure: z.output<typeof searchSettings>["on_failure"];
  /** The published snapshots that it follows. */
  readonly snapshot?: { readonly url: string; readonly everyMs: number };
}

/** The config, checked. */
export interface Config extends Omit<ConfigFile, "$schema" | (typeof KINDS)[number]> {
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

const MALFORMED = `a \`\${\` opens no variable: \${NAME} and \${NAME:-default} do, and \`$\${\` stands for a plain \`\${\``;

const KINDS = ["models", "embedders", "rerankers", "searches"] as const;

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

/** Variables that are missing outside the entries, and texts that open none, wherever they are. */
function variableProblems({ missing, malformed }: Interpolated): readonly Problem[] {
  return [
    ...missing
      .filter(({ path }) => !isEntryPath(path))
      .map(({ path, variable }) => ({
        field: fieldOf(path),
        message: `the variable ${variable} is not set and has no default`,
      })),
    ...malformed.map((path) => ({
      field: fieldOf(path),
      message: MALFORMED,
    })),
  ];
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

class EntryPreparer {
  private readonly directory: string;
  private readonly interpolated: Interpolated;
  private readonly problems: Problem[];

  constructor(directory: string, interpolated: Interpolated, problems: Problem[]) {
    this.directory = directory;
    this.interpolated = interpolated;
    this.problems = problems;
  }

  /** The entries of one kind, in the file's order; what is no entry at all was told by the file's schema. */
  async all<Made>(
    kind: (typeof KINDS)[number],
    definitions: Readonly<Record<string, AdapterDefinition<Made>>>,
  ): Promise<readonly AdapterEntry<Made>[]> {
    const entries: AdapterEntry<Made>[] = [];
    // One after the other, so that problems too come in the file's order.
    for (const [name, entry] of entriesOf(this.interpolated.value, kind)) {
      entries.push(await this.one([kind, name], name, entry, definitions));
    }
    return entries;
  }

  /** The models, each with its targets, of which an entry that names an adapter is the only one. */
  async models(): Promise<readonly ModelEntry[]> {
    const models: ModelEntry[] = [];
    for (const { name, own, targets } of modelsOf(this.interpolated.value)) {
      const path = fieldOf(["models", name]);
      const settings = check(modelSettings, own);
      this.tell(path, settings.problems ?? []);
      const prepared: TargetEntry[] = [];
      for (const { path: at, own: ownOfTarget, entry } of targets) {
        const target = await this.one(at, name, entry, completionAdapters);
        const checked = check(targetSettings, ownOfTarget);
        this.tell(fieldOf(at), checked.problems ?? []);
        const { weight = 1, price } = checked.data ?? {};
        prepared.push({ ...target, weight, ...(price === undefined ? {} : { price }) });
      }
      const canBeAsked = prepared.some(({ missing }) => missing.length === 0);
      const missing = canBeAsked ? [] : [...new Set(prepared.flatMap((target) => target.missing))];
      models.push({ name, targets: prepared, fallbacks: settings.data?.fallbacks ?? [], missing });
    }
    return models;
  }

  /** The searches, as `all` gives them; `rerank` and the keys of `searchSettings` are no options of their adapters. */
  async searches(): Promise<readonly SearchEntry[]> {
    const entries: SearchEntry[] = [];
    for (const [name, { rerank, ...rest }] of entriesOf(this.interpolated.value, "searches")) {
      const { on_failure, snapshot, snapshot_interval_ms, ...entry } = rest;
      const search = await this.one(["searches", name], name, entry, searchAdapters);
      const checked = rerank === undefined ? undefined : check(rerankSettings, rerank);
      this.tell(`searches.${name}.rerank`, checked?.problems ?? []);
      const settings = check(searchSettings, { on_failure, snapshot, snapshot_interval_ms });
      this.tell(`searches.${name}`, settings.problems ?? []);
      entries.push({
        ...search,
        onFailure: settings.data?.on_failure ?? "fail",
        ...(settings.data === undefined ? {} : followedBy(settings.data)),
        ...(checked?.data === undefined ? {} : { rerank: checked.data }),
      });
    }
    return entries;
  }

  /** @param at where the entry stands in the file */
  private async one<Made>(
    at: Path,
    name: string,
    { adapter, ...options }: { readonly adapter: string; readonly embedder?: unknown },
    definitions: Readonly<Record<string, AdapterDefinition<Made>>>,
  ): Promise<AdapterEntry<Made>> {
    const path = fieldOf(at);
    const missing = this.interpolated.missing
      .filter((use) => at.every((key, index) => use.path[index] === key))
      .map((use) => use.variable);
    const prepared = await this.prepare(adapter, options, definitions, missing.length > 0);
    this.tell(path, prepared.problems ?? []);
    const load = prepared.load ?? (() => Promise.reject(new Error(`${path} lacks ${missing.join(", ")}`)));
    const { embedder } = options;
    return {
      name,
      adapter,
      options,
      missing: [...new Set(missing)],
      load,
      ...(typeof embedder === "string" ? { embedder } : {}),
    };
  }

  /** Keeps the problems of an entry, but for what a missing variable explains. */
  private tell(path: string, problems: readonly Problem[]): void {
    const found = problems.map(({ field, message }) => ({ field: field === "" ? path : `${path}.${field}`, message }));
    this.problems.push(...found.filter(({ field }) => !lacksVariable(field, this.interpolated)));
  }

  private async prepare<Made>(
    adapter: string,
    options: unknown,
    definitions: Readonly<Record<string, AdapterDefinition<Made>>>,
    isIncomplete: boolean,
  ): Promise<Prepared<Made>> {
    if (Object.hasOwn(definitions, adapter))
      return definitions[adapter]?.prepare(options, this.directory) ?? { problems: [] };
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

function followedBy({ snapshot: url, snapshot_interval_ms: everyMs }: z.output<typeof searchSettings>) {
  return url === "" ? {} : { snapshot: { url, everyMs } };
}

/** What may be missing: an entry without a name of its adapter is no entry, and a name of a fallback is no option. */
function isEntryPath(path: Path): boolean {
  const [kind, , key] = path;
  if (path.length < 3 || !KINDS.some((known) => known === kind)) return false;
  if (kind === "models" && key === "targets") return path.length > 4 && path[4] !== "adapter";
  return key !== "adapter" && !(kind === "models" && key === "fallbacks");
}

/** Whether a variable is missing or malformed at, above or below the field: then it is told apart from what is wrong. */
function lacksVariable(field: string, { missing, malformed }: Interpolated): boolean {
  return [...missing.map(({ path }) => path), ...malformed].some((path) => {
    const used = fieldOf(path);
    return used === field || isWithin(used, field) || isWithin(field, used);
  });
}

function isWithin(field: string, outer: string): boolean {
  return field.startsWith(`${outer}.`) || field.startsWith(`${outer}[`);
}
