import type { z } from "zod";
import type { Problem } from "../../domain/errors.ts";
import type { CompletionPort } from "../../domain/ports/completion-port.ts";
import {
  type AdapterDefinition,
  completionAdapters,
  type Prepared,
  type Search,
  searchAdapters,
} from "../container/registry.ts";
import type { Price } from "../metering/price.ts";
import { loadAdapterModule } from "./adapter-module.ts";
import { type ENTRY_KINDS, entriesOf, modelsOf } from "./entries.ts";
import type { Interpolated, Path } from "./interpolate.ts";
import { lacksVariable } from "./missing-variables.ts";
import { check, fieldOf } from "./problems.ts";
import { modelSettings, rerankSettings, searchSettings, targetSettings } from "./schema.ts";

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

/** Prepares the entries of a config file for their adapters, and adds what is wrong with them to the problems. */
export class EntryPreparer {
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
    kind: (typeof ENTRY_KINDS)[number],
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
