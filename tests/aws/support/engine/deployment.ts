import type { Operation, Step } from "../stack.ts";
import type { Provider } from "./provider.ts";
import { UNKNOWN, type Value, type Values } from "./values.ts";

/** A resource as the stack's state keeps it between two runs. */
export interface ResourceState {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly isCustom: boolean;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /** The program reads it and does not own it. */
  readonly isExternal: boolean;
  readonly isRetainedOnDelete: boolean;
  readonly isProtected: boolean;
  readonly importId: string;
  /** URNs of what each input comes from. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** URNs of all that must be there for as long as it is: its parent, its provider, and what it depends on. */
  readonly needs: readonly string[];
}

/** What a program declares of a resource: the engine's word is goal. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly isCustom: boolean;
  /** A component that its provider makes. */
  readonly isRemote: boolean;
  readonly inputs: Values;
  readonly ignoreChanges: readonly string[];
  readonly importId: string;
  readonly isRetainedOnDelete: boolean;
  readonly isProtected: boolean;
  readonly deleteBeforeReplace: boolean | undefined;
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly dependencies: readonly string[];
  /** `urn::id`; "" where the engine chooses one. */
  readonly provider: string;
}

/** Settings of a run. */
export interface Run {
  readonly project: string;
  readonly stack: string;
  /** Nothing is created, changed or deleted. */
  readonly isPreview: boolean;
}

/**
 * One run of the engine, after the rules of the real one in pkg/resource/deploy/step_generator.go (v3.260.0), whose functions are named
 * below. Targets, refreshes, plans, views, aliases and default providers are left out: the scenarios use none of them.
 */
export class Deployment {
  readonly steps: Step[] = [];
  private readonly run: Run;
  private readonly provider: Provider;
  private readonly olds: ReadonlyMap<string, ResourceState>;
  private readonly news = new Map<string, ResourceState>();
  /** Replaced or given up in this run, to be deleted at its end. */
  private readonly condemned: ResourceState[] = [];
  private readonly imported = new Set<string>();
  /** Deleted before their time, since something that they need is replaced. */
  private readonly deleted = new Set<string>();

  constructor(state: readonly ResourceState[], provider: Provider, run: Run) {
    this.olds = new Map(state.map((resource) => [resource.urn, resource]));
    this.provider = provider;
    this.run = run;
  }

  /** generateResourceSteps, continueStepsFromRefresh, continueStepsFromImport */
  async register(goal: Goal): Promise<ResourceState> {
    const urn = this.urnOf(goal);
    if (this.news.has(urn)) throw new Error(`Duplicate resource URN '${urn}'`);
    const old = this.olds.get(urn);
    if (!goal.isCustom) return this.registerComponent(urn, goal, old);
    // Import of an id that the state has already is a plain difference.
    const isImport =
      goal.importId !== "" && (old === undefined || old.isExternal || (old.importId || old.id) !== goal.importId);
    if (isImport) return this.import(urn, goal, old);
    if (old?.isExternal) {
      this.condemned.push(old);
      return this.create("create-replacement", urn, goal);
    }
    if (old !== undefined && this.deleted.has(urn)) return this.create("create-replacement", urn, goal);
    return old === undefined ? this.create("create", urn, goal) : this.compare(urn, goal, old);
  }

  /** GenerateReadSteps: a resource of the state with the same id is relinquished, and so is one that was read before. */
  read(goal: Pick<Goal, "type" | "name" | "parent" | "inputs">, id: string): ResourceState {
    const urn = this.urnOf(goal);
    const old = this.olds.get(urn);
    const found = this.provider.read(goal.type, id);
    if (found === undefined) throw new Error(`resource '${id}' does not exist`);
    const isReplaced = old !== undefined && !old.isExternal && old.id !== id;
    if (isReplaced) this.condemned.push(old);
    const state: ResourceState = {
      ...{ urn, id, type: goal.type, name: goal.name, inputs: goal.inputs, outputs: found.outputs },
      ...{ isCustom: true, isExternal: true, isRetainedOnDelete: false, isProtected: false, importId: "" },
      ...{ propertyDependencies: {}, needs: [goal.parent] },
    };
    return this.keep(isReplaced ? "read-replacement" : "read", state);
  }

  /** GenerateDeletes, once the program has ended well: what was replaced, and what it declared no more. @returns the new state */
  finish(): readonly ResourceState[] {
    const isCondemned = new Set(this.condemned);
    for (const resource of this.condemned.toReversed()) this.delete(resource, true);
    for (const resource of [...this.olds.values()].toReversed())
      if (!isCondemned.has(resource) && !this.news.has(resource.urn) && !this.deleted.has(resource.urn))
        this.delete(resource, false);
    return [...this.news.values()];
  }

  /** A resource that the program has declared or read in this run. */
  resource(urn: string): ResourceState {
    const found = this.news.get(urn);
    if (found === undefined) throw new Error(`unknown resource ${urn}`);
    return found;
  }

  /** The state after a program that failed: nothing is deleted. */
  abandon(): readonly ResourceState[] {
    return [...new Map([...this.olds, ...this.news]).values()].filter(({ urn }) => !this.deleted.has(urn));
  }

  private async registerComponent(urn: string, goal: Goal, old: ResourceState | undefined): Promise<ResourceState> {
    const component = { ...stateOf(urn, goal, goal.inputs), id: "", outputs: {} };
    this.keep(old === undefined ? "create" : "same", component);
    if (!goal.isRemote) return component;
    const outputs = await this.provider.construct(goal.type, goal.name, goal.inputs, (child) =>
      this.register({
        ...{ type: child.type, name: child.name, inputs: child.inputs, propertyDependencies: child.dependencies },
        ...{ parent: urn, isCustom: true, isRemote: false, ignoreChanges: [], importId: "" },
        ...{ isRetainedOnDelete: false, isProtected: false, deleteBeforeReplace: undefined },
        ...{ dependencies: Object.values(child.dependencies).flat(), provider: "" },
      }),
    );
    return this.remember({ ...component, outputs });
  }

  /** ImportStep: the resource is read, and then compared with what the program declares. */
  private import(urn: string, goal: Goal, old: ResourceState | undefined): ResourceState {
    const found = this.provider.read(goal.type, goal.importId);
    if (found === undefined) throw new Error(`resource '${goal.importId}' does not exist`);
    if (old !== undefined) this.condemned.push(old);
    const imported = { ...stateOf(urn, goal, found.inputs), id: goal.importId, outputs: found.outputs };
    this.tell(old === undefined ? "import" : "import-replacement", imported);
    this.imported.add(urn);
    return this.compare(urn, goal, imported);
  }

  private create(operation: "create" | "create-replacement", urn: string, goal: Goal): ResourceState {
    const inputs = this.provider.check(goal.type, goal.name, goal.inputs, undefined);
    const { id, outputs } = this.run.isPreview
      ? { id: "", outputs: inputs }
      : this.provider.create(goal.type, goal.name, inputs);
    return this.keep(operation, { ...stateOf(urn, goal, inputs), id, outputs });
  }

  /** generateStepsFromDiff, continueStepsFromDiff */
  private compare(urn: string, goal: Goal, old: ResourceState): ResourceState {
    const declared = { ...goal.inputs };
    for (const key of goal.ignoreChanges) {
      const before = old.inputs[key];
      if (before === undefined) delete declared[key];
      else declared[key] = before;
    }
    const inputs = this.provider.check(goal.type, goal.name, declared, old.inputs);
    const difference = this.provider.diff(goal.type, old.inputs, inputs, goal.ignoreChanges);
    if (difference.replacing.length > 0) {
      const isDeletedFirst = goal.deleteBeforeReplace ?? difference.isDeletedFirst;
      return this.replace(urn, goal, old, difference.replacing, isDeletedFirst);
    }
    const state = { ...stateOf(urn, goal, inputs), id: old.id };
    if (difference.changed.length === 0) {
      const unchanged = { ...state, outputs: old.outputs };
      // What was imported and needs no change is told once.
      return this.imported.has(urn) ? this.remember(unchanged) : this.keep("same", unchanged);
    }
    const outputs = this.run.isPreview
      ? { ...old.outputs, ...inputs }
      : this.provider.update(goal.type, old.id, inputs);
    return this.keep("update", { ...state, outputs });
  }

  private replace(
    urn: string,
    goal: Goal,
    old: ResourceState,
    keys: readonly string[],
    isDeletedFirst: boolean,
  ): ResourceState {
    if (old.isProtected && goal.isProtected)
      throw new Error(`unable to replace resource "${urn}" as it is currently marked for protection`);
    if (goal.importId !== "")
      throw new Error(`previously-imported resources that still specify an ID may not be replaced: ${keys.join(", ")}`);
    if (!isDeletedFirst) {
      const replacement = this.create("create-replacement", urn, goal);
      this.condemned.push(old);
      return replacement;
    }
    for (const dependent of this.replacedWith(old).toReversed()) {
      if (dependent.isProtected) throw new Error(`unable to replace resource "${dependent.urn}" as it is protected`);
      this.delete(dependent, true);
      this.deleted.add(dependent.urn);
    }
    this.delete(old, true);
    this.deleted.add(urn);
    return this.create("create-replacement", urn, goal);
  }

  /** calculateDependentReplacements: what cannot keep an input that comes from the replaced resource, and what hangs on that. */
  private replacedWith(root: ResourceState): readonly ResourceState[] {
    const replaced = new Set([root.urn]);
    const dependents: ResourceState[] = [];
    for (const resource of this.olds.values()) {
      if (!resource.isCustom || resource.isExternal || this.news.has(resource.urn)) continue;
      const lost = Object.entries(resource.propertyDependencies).filter(([, urns]) =>
        urns.some((urn) => replaced.has(urn)),
      );
      const inputs: Record<string, Value> = { ...resource.inputs };
      for (const [key] of lost) inputs[key] = UNKNOWN;
      if (lost.length === 0 || this.provider.diff(resource.type, resource.inputs, inputs, []).replacing.length === 0)
        continue;
      replaced.add(resource.urn);
      dependents.push(resource);
    }
    return dependents;
  }

  /** DeleteStep: of what is external or retained only the state lets go. */
  private delete(resource: ResourceState, isReplaced: boolean): void {
    if (resource.isProtected && !isReplaced)
      throw new Error(`resource "${resource.urn}" cannot be deleted because it is protected`);
    const isLeftAlone = resource.isExternal || resource.isRetainedOnDelete || !resource.isCustom;
    const operation = resource.isExternal ? "discard" : "delete";
    this.tell(isReplaced ? `${operation}${"-replaced"}` : operation, resource, isLeftAlone);
    if (!isLeftAlone && !this.run.isPreview) this.provider.delete(resource.type, resource.id);
  }

  private keep(operation: Operation, state: ResourceState): ResourceState {
    this.tell(operation, state);
    return this.remember(state);
  }

  private remember(state: ResourceState): ResourceState {
    this.news.set(state.urn, state);
    return state;
  }

  private tell(operation: Operation, { type, name }: ResourceState, isLeftAlone = false): void {
    this.steps.push({ operation, type, name, isLeftAlone });
  }

  private urnOf({ type, name, parent }: Pick<Goal, "type" | "name" | "parent">): string {
    const typeOfParent = parent.split("::")[2] ?? "";
    const qualified = typeOfParent === "" || typeOfParent === "pulumi:pulumi:Stack" ? type : `${typeOfParent}$${type}`;
    return `urn:pulumi:${this.run.stack}::${this.run.project}::${qualified}::${name}`;
  }
}

function stateOf(urn: string, goal: Goal, inputs: Values): Omit<ResourceState, "id" | "outputs"> {
  const { type, name, isCustom, isRetainedOnDelete, isProtected, importId, propertyDependencies } = goal;
  const provider = goal.provider.split("::").slice(0, -1).join("::");
  const needs = [goal.parent, provider, ...goal.dependencies, ...Object.values(propertyDependencies).flat()];
  return {
    ...{ urn, type, name, isCustom, isRetainedOnDelete, isProtected, importId, propertyDependencies, inputs },
    ...{ isExternal: false, needs: [...new Set(needs)].filter((needed) => needed !== "") },
  };
}

/** Splits a state as `pulumi destroy --exclude-protected` does: what is protected and all that it needs stays (getProtectedExcludes). */
export function withoutProtected(state: readonly ResourceState[]) {
  const kept = new Set(state.filter(({ isProtected }) => isProtected).map(({ urn }) => urn));
  // Whatever a resource needs stands before it.
  for (const { urn, needs } of state.toReversed()) if (kept.has(urn)) for (const needed of needs) kept.add(needed);
  return { kept: state.filter(({ urn }) => kept.has(urn)), others: state.filter(({ urn }) => !kept.has(urn)) };
}
