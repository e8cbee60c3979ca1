import { createHash } from "node:crypto";
import type { Difference, Found, Provider, RegisterChild } from "../engine/provider.ts";
import { isEqual, type Value, type Values } from "../engine/values.ts";
import { construct } from "./components.ts";
import { invoke } from "./functions.ts";
import { RESOURCE_TYPES, type ResourceType } from "./resource-types.ts";

/** Marks what `check` made up, as Pulumi's bridge does: a resource with a name of its own is deleted before it is replaced. */
const DEFAULTS = "__defaults";

/** A resource of the cloud. */
interface Resource {
  readonly type: string;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
}

/** What the cloud holds, as JSON. */
export interface Contents {
  readonly resources: readonly Resource[];
  readonly created: number;
  /** `type id` of every resource that was ever deleted. */
  readonly deletions: readonly string[];
  /** Functions that whoever deploys may not call. */
  readonly refused: readonly string[];
}

/** An account of AWS as far as the program needs one, in memory. It knows the types of `RESOURCE_TYPES`, and refuses every other one. */
export class Cloud implements Provider {
  private readonly resources = new Map<string, Resource>();
  private readonly deletions: string[];
  private readonly refused: readonly string[];
  private created: number;

  constructor(contents: Contents = { resources: [], created: 0, deletions: [], refused: [] }) {
    for (const resource of contents.resources) this.resources.set(keyOf(resource.type, resource.id), { ...resource });
    this.created = contents.created;
    this.deletions = [...contents.deletions];
    this.refused = contents.refused;
  }

  contents(): Contents {
    return {
      resources: [...this.resources.values()],
      created: this.created,
      deletions: this.deletions,
      refused: this.refused,
    };
  }

  /** The inputs of the resources of a type, by id. */
  all(type: string): ReadonlyMap<string, Values> {
    const found = [...this.resources.values()].filter((resource) => resource.type === type);
    return new Map(found.map(({ id, inputs }) => [id, inputs]));
  }

  check(type: string, name: string, inputs: Values, old: Values | undefined): Values {
    const { autoname } = typeOf(type);
    if (autoname === undefined || inputs[autoname] !== undefined) return inputs;
    const wasMadeUp = Array.isArray(old?.[DEFAULTS]);
    const kept = wasMadeUp ? old?.[autoname] : undefined;
    this.created += kept === undefined ? 1 : 0;
    const made = `${name}-${createHash("sha256").update(`${name} ${this.created}`).digest("hex").slice(0, 7)}`;
    return { ...inputs, [autoname]: kept ?? made, [DEFAULTS]: [autoname] };
  }

  diff(type: string, old: Values, inputs: Values, ignored: readonly string[]): Difference {
    const { replacing, autoname } = typeOf(type);
    const keys = new Set([...Object.keys(old), ...Object.keys(inputs)]);
    const changed = [...keys].filter(
      (key) =>
        key !== DEFAULTS &&
        !ignored.includes(key) &&
        !isEqual(comparable(type, key, old), comparable(type, key, inputs)),
    );
    const isNamed = autoname !== undefined && inputs[DEFAULTS] === undefined && !changed.includes(autoname);
    return { changed, replacing: changed.filter((key) => replacing.includes(key)), isDeletedFirst: isNamed };
  }

  create(type: string, name: string, inputs: Values): { readonly id: string; readonly outputs: Values } {
    const { id: idOf, isPut } = typeOf(type);
    this.created += 1;
    const id = idOf?.(inputs, this.created) ?? `${lastWord(type)}-${this.created}`;
    if (this.resources.has(keyOf(type, id)) && isPut !== true)
      throw new Error(`creating ${type} ${name}: ${id} already exists`);
    return { id, outputs: this.put(type, id, inputs) };
  }

  read(type: string, id: string): Found | undefined {
    return this.resources.get(keyOf(type, id));
  }

  update(type: string, id: string, inputs: Values): Values {
    if (!this.resources.has(keyOf(type, id))) throw new Error(`updating ${type}: there is no ${id}`);
    return this.put(type, id, inputs);
  }

  delete(type: string, id: string): void {
    if (!this.resources.delete(keyOf(type, id))) throw new Error(`deleting ${type}: there is no ${id}`);
    this.deletions.push(`${type} ${id}`);
  }

  invoke(token: string, inputs: Values): Values {
    if (this.refused.includes(token)) throw new Error(`AccessDeniedException: you may not call ${token}`);
    return invoke(token, inputs, this);
  }

  private put(type: string, id: string, inputs: Values): Values {
    const others = [...this.all(type)].filter(([other]) => other !== id).map(([, found]) => found);
    const refusal = typeOf(type).refusal?.(inputs, others);
    if (refusal !== undefined) throw new Error(`${type} ${id}: ${refusal}`);
    const outputs = outputsOf(typeOf(type), inputs, id);
    this.resources.set(keyOf(type, id), { type, id, inputs, outputs });
    return outputs;
  }

  construct(type: string, name: string, inputs: Values, register: RegisterChild): Promise<Values> {
    return construct(type, name, inputs, register);
  }
}

function typeOf(type: string): ResourceType {
  const known = RESOURCE_TYPES[type];
  if (known === undefined) throw new Error(`the tests' cloud has no ${type}: resource-types.ts lists what it has`);
  return known;
}

function outputsOf({ outputs }: ResourceType, inputs: Values, id: string): Values {
  return { ...inputs, ...outputs?.(inputs, id) };
}

/** A registry's password is another one at every run, and no difference. */
function comparable(type: string, key: string, inputs: Values): Value | undefined {
  const value = inputs[key];
  if (type !== "docker-build:index:Image" || key !== "registries" || !Array.isArray(value)) return value;
  return value.map((registry: Values) => ({ ...registry, password: "" }));
}

function keyOf(type: string, id: string): string {
  return `${type} ${id}`;
}

function lastWord(type: string): string {
  return (type.split(":").at(-1) ?? type).toLowerCase();
}
