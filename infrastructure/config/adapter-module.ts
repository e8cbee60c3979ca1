import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { type AdapterContext, defineAdapter, type Prepared } from "../container/registry.ts";

/**
 * An adapter of someone else's: a module that exports `options` (a zod schema of its options) and
 * `create(options, context)`, which returns the port. What `create` returns is the module's promise, held by its contract test.
 */
const adapterModule = z.object({
  options: z.custom<z.ZodType>(
    (value) => typeof value === "object" && value !== null && "safeParse" in value,
    "must export `options`, a zod schema",
  ),
  create: z.custom<(options: unknown, context: AdapterContext) => never>(
    (value) => typeof value === "function",
    "must export `create(options, context)`",
  ),
});

/** Imports a module given by its path, relative to the config's folder, or by a file URL, and checks its options. */
export async function loadAdapterModule<Made>(
  path: string,
  directory: string,
  options: unknown,
): Promise<Prepared<Made>> {
  const url = path.startsWith("file:") ? path : pathToFileURL(resolve(directory, path)).href;
  let imported: unknown;
  try {
    imported = await import(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problems: [{ field: "adapter", message: `the module ${path} cannot be loaded: ${reason}` }] };
  }
  const parsed = adapterModule.safeParse(imported);
  if (!parsed.success)
    return {
      problems: parsed.error.issues.map(({ message }) => ({
        field: "adapter",
        message: `the module ${path} ${message}`,
      })),
    };
  const { options: schema, create } = parsed.data;
  return defineAdapter<z.ZodType, Made>(schema, async () => create).prepare(options, directory);
}
