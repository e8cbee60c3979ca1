import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
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
import { loadAdapterModule } from "./adapter-module.ts";
import { type Environment, withListenAddress } from "./environment.ts";
import { type Interpolated, interpolate, type Path } from "./interpolate.ts";
import { ConfigError, check } from "./problems.ts";
import { referenceProblems } from "./references.ts";
import { type ConfigFile, configSchema, rerankSettings } from "./schema.ts";

/** An adapter that the config names. */
export interface AdapterEntry<Made> {
  readonly name: string;
  /** The embedder that it asks for, by its name in the config. */
  readonly embedder?: string;
  /** Variables that it needs and that are not set: then it cannot be asked. */
  readonly missing: readonly string[];
  readonly load: Extract<Prepared<Made>, { readonly load: unknown }>["load"];
}

/** A search that the config names, and the reranker behind it, by its name in the config. */
export interface SearchEntry extends AdapterEntry<Search> {
  readonly rerank?: z.output<typeof rerankSettings>;
}

/** The config, checked. */
export interface Config extends Omit<ConfigFile, "$schema" | (typeof KINDS)[number]> {
  /** Path of the config file. */
  readonly file: string;
  /** Folder of the config file: relative paths in it start there. */
  readonly directory: string;
  readonly dataDirectory: string;
  readonly models: readonly AdapterEntry<CompletionPort>[];
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
  const problems: Problem[] = [...variableProblems(interpolated), ...addressed.problems];
  const checked = check(configSchema, addressed.tree);
  problems.push(...(checked.problems ?? []).filter(({ field }) => !lacksVariable(field, interpolated)));
  const directory = dirname(configFile);
  const preparer = new EntryPreparer(directory, interpolated, problems);
  const entries = {
    models: await preparer.all("models", completionAdapters),
    embedders: await preparer.all("embedders", embeddingAdapters),
    rerankers: await preparer.all("rerankers", rerankAdapters),
    searches: await preparer.searches(),
  };
  problems.push(...referenceProblems(interpolated.value));
  if (checked.problems !== undefined || problems.length > 0) throw fail(problems);
  const { $schema: _, ...rest } = checked.data;
  return { ...rest, ...entries, file: configFile, directory, dataDirectory };
}

/** Variables that are missing outside the entries, and texts that open none, wherever they are. */
function variableProblems({ missing, malformed }: Interpolated): readonly Problem[] {
  return [
    ...missing
      .filter(({ path }) => !isEntryPath(path))
      .map(({ path, variable }) => ({
        field: path.join("."),
        message: `the variable ${variable} is not set and has no default`,
      })),
    ...malformed.map((path) => ({
      field: path.join("."),
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
      entries.push(await this.one(kind, name, entry, definitions));
    }
    return entries;
  }

  /** The searches, as `all` gives them; `rerank` is no option of their adapters. */
  async searches(): Promise<readonly SearchEntry[]> {
    const entries: SearchEntry[] = [];
    for (const [name, { rerank, ...entry }] of entriesOf(this.interpolated.value, "searches")) {
      const search = await this.one("searches", name, entry, searchAdapters);
      const checked = rerank === undefined ? undefined : check(rerankSettings, rerank);
      this.tell(`searches.${name}.rerank`, checked?.problems ?? []);
      entries.push(checked?.data === undefined ? search : { ...search, rerank: checked.data });
    }
    return entries;
  }

  private async one<Made>(
    kind: (typeof KINDS)[number],
    name: string,
    { adapter, ...options }: { readonly adapter: string; readonly embedder?: unknown },
    definitions: Readonly<Record<string, AdapterDefinition<Made>>>,
  ): Promise<AdapterEntry<Made>> {
    const path = `${kind}.${name}`;
    const missing = this.interpolated.missing
      .filter((use) => use.path[0] === kind && use.path[1] === name)
      .map((use) => use.variable);
    const prepared = await this.prepare(adapter, options, definitions, missing.length > 0);
    this.tell(path, prepared.problems ?? []);
    const load = prepared.load ?? (() => Promise.reject(new Error(`${path} lacks ${missing.join(", ")}`)));
    const { embedder } = options;
    return { name, missing: [...new Set(missing)], load, ...(typeof embedder === "string" ? { embedder } : {}) };
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

/** What may be missing: an entry without a name of its adapter is no entry. */
function isEntryPath(path: Path): boolean {
  return path.length > 2 && path[2] !== "adapter" && KINDS.some((kind) => kind === path[0]);
}

/** Whether a variable is missing or malformed at, above or below the field: then it is told apart from what is wrong. */
function lacksVariable(field: string, { missing, malformed }: Interpolated): boolean {
  return [...missing.map(({ path }) => path), ...malformed].some((path) => {
    const used = path.join(".");
    return used === field || used.startsWith(`${field}.`) || field.startsWith(`${used}.`);
  });
}

const entryShape = z.looseObject({ adapter: z.string() });

function entriesOf(tree: unknown, kind: string): readonly (readonly [string, z.output<typeof entryShape>])[] {
  const entries = z.looseObject({ [kind]: z.record(z.string(), z.unknown()) }).safeParse(tree).data?.[kind] ?? {};
  return Object.entries(entries as Record<string, unknown>).flatMap(([name, value]) => {
    const entry = entryShape.safeParse(value);
    return entry.success ? [[name, entry.data] as const] : [];
  });
}
