import type { Values } from "./values.ts";

/** What would become of a resource if its inputs changed. */
export interface Difference {
  /** Names of the inputs that differ; none where nothing is to be done. */
  readonly changed: readonly string[];
  /** Those of them that only a new resource can have. */
  readonly replacing: readonly string[];
  /** The old one goes before the new one comes, since both would have one name. */
  readonly isDeletedFirst: boolean;
}

/** A resource as a provider finds it. */
export interface Found {
  readonly inputs: Values;
  readonly outputs: Values;
}

/** A resource of a component that its provider makes. */
export interface Child {
  readonly type: string;
  readonly name: string;
  readonly inputs: Values;
  /** URNs of what each input comes from. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
}

export interface RegisteredChild {
  readonly urn: string;
  /** "" in a preview where there is none yet. */
  readonly id: string;
}

/** Has the engine make a component's resource, below the component. */
export type RegisterChild = (child: Child) => Promise<RegisteredChild>;

/** The calls of a provider that the engine makes; every one may throw, which fails the resource. */
export interface Provider {
  /** Completes the inputs: a name where the program gave none, the old one where there is one. */
  check(type: string, name: string, inputs: Values, old: Values | undefined): Values;
  diff(type: string, old: Values, inputs: Values, ignored: readonly string[]): Difference;
  create(type: string, name: string, inputs: Values): { readonly id: string; readonly outputs: Values };
  /** undefined where there is none. */
  read(type: string, id: string): Found | undefined;
  update(type: string, id: string, inputs: Values): Values;
  delete(type: string, id: string): void;
  invoke(token: string, inputs: Values): Values;
  /** Makes a component of several resources. @returns its outputs */
  construct(type: string, name: string, inputs: Values, register: RegisterChild): Promise<Values>;
}
