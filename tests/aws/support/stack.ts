import type { Cloud } from "./cloud/cloud.ts";
import type { Values } from "./engine/values.ts";

/** The engine's names of what it does: github.com/pulumi/pulumi/blob/v3.260.0/pkg/resource/deploy/step.go */
export type Operation =
  | "create"
  | "create-replacement"
  | "delete"
  | "delete-replaced"
  | "discard"
  | "discard-replaced"
  | "import"
  | "import-replacement"
  | "read"
  | "read-replacement"
  | "same"
  | "update";

/** One thing that an engine does with a resource. */
export interface Step {
  readonly operation: Operation;
  readonly type: string;
  readonly name: string;
  /** Only the state forgets the resource: the program does not own it, or it is retained. */
  readonly isLeftAlone: boolean;
}

/** What a run of an engine did. */
export interface Outcome {
  readonly hasSucceeded: boolean;
  readonly steps: readonly Step[];
  /** What the program exports. */
  readonly exports: Values;
  /** Errors and warnings, and what was printed. */
  readonly logs: string;
}

/** What the program of a run finds. */
export interface Given {
  /** By full keys: `aws:region`. */
  readonly config: Readonly<Record<string, string>>;
  /** Text of pharos.yaml; default: the repository's own. */
  readonly pharosYaml?: string;
}

/** How a copy of a stack differs from it. */
export interface Change {
  /** What the state has lost: resources of a type, or all there are. */
  readonly forgets?: string | "everything";
  /** The cloud has no others than those of this type. */
  readonly keepsOnly?: string;
  /** AWS refuses this function from now on. */
  readonly refuses?: string;
  /** The repository's tags are these now. */
  readonly repositoryTags?: Readonly<Record<string, string>>;
}

/** A stack of the real program, with a cloud of its own; both last from one run to the next. */
export interface Stack {
  up(given: Given): Promise<Outcome>;
  /** As `up`, but nothing is changed, in the cloud or in the state. */
  preview(given: Given): Promise<Outcome>;
  /** Deletes whatever the state has, but for what is protected; the program does not run. */
  destroy(): Promise<Outcome>;
  /** What the cloud holds now. */
  cloud(): Cloud;
  copy(change: Change): Promise<Stack>;
}
