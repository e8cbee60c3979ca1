import { z } from "zod";
import type { Path } from "./interpolate.ts";

/** Keys of the file whose values name adapters. */
export const ENTRY_KINDS = ["models", "embedders", "rerankers", "searches"] as const;

const entryShape = z.looseObject({ adapter: z.string() });

/** A part of the file that names an adapter. */
export type Entry = z.output<typeof entryShape>;

/** A model as the file has it: keys of its own, and the entries of its targets, each with its place in the file. */
interface FileModel {
  readonly name: string;
  readonly own: Readonly<Record<string, unknown>>;
  readonly targets: readonly {
    readonly path: Path;
    readonly own: Readonly<Record<string, unknown>>;
    readonly entry: Entry;
  }[];
}

/** The entries of one kind in the file's order, without what is no entry at all. */
export function entriesOf(tree: unknown, kind: string): readonly (readonly [string, Entry])[] {
  return childrenOf(tree, kind).flatMap(([name, value]) => {
    const entry = entryShape.safeParse(value);
    return entry.success ? [[name, entry.data] as const] : [];
  });
}

const modelShape = z.looseObject({
  adapter: z.unknown().optional(),
  targets: z.array(z.unknown()).optional(),
  fallbacks: z.unknown().optional(),
});

/** The models in the file's order; an entry that names an adapter is its model's only target. */
export function modelsOf(tree: unknown): readonly FileModel[] {
  return childrenOf(tree, "models").flatMap(([name, value]) => {
    const model = modelShape.safeParse(value).data;
    if (model === undefined) return [];
    const { targets, fallbacks, ...rest } = model;
    const own = fallbacks === undefined ? {} : { fallbacks };
    const path = ["models", name];
    if (targets === undefined) {
      const found = entryShape.safeParse(rest).data;
      if (found === undefined) return [];
      const { price, ...entry } = found;
      return [{ name, own, targets: [{ path, own: price === undefined ? {} : { price }, entry }] }];
    }
    const { adapter: _, ...foreign } = rest;
    const entries = targets.flatMap((target, index) => {
      const found = entryShape.safeParse(target).data;
      if (found === undefined) return [];
      const { weight, price, ...entry } = found;
      const ownOfTarget = { ...(weight === undefined ? {} : { weight }), ...(price === undefined ? {} : { price }) };
      return [{ path: [...path, "targets", index], own: ownOfTarget, entry }];
    });
    return [{ name, own: { ...own, ...foreign }, targets: entries }];
  });
}

function childrenOf(tree: unknown, kind: string): readonly (readonly [string, unknown])[] {
  const entries = z.looseObject({ [kind]: z.record(z.string(), z.unknown()) }).safeParse(tree).data?.[kind] ?? {};
  return Object.entries(entries as Record<string, unknown>);
}
