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
  /** The outputs of a component that the provider makes as a whole. */
  construct(type: string, name: string, inputs: Values): Values;
}
