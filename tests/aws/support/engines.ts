import { CliStack, hasPulumi } from "./cli/cli-stack.ts";
import { EngineStack } from "./engine/engine-stack.ts";
import type { Stack } from "./stack.ts";

/** What runs the scenarios: how it makes a stack in a folder, by its name. The real engine only where `pulumi` is on the PATH. */
export const ENGINES: Readonly<Record<string, (folder: string) => Promise<Stack>>> = {
  "the tests' engine": (folder) => EngineStack.create(folder),
  ...(hasPulumi() ? { "the real pulumi": (folder: string) => CliStack.create(folder) } : {}),
};

/** Told with every table. */
export const WITHOUT_PULUMI = hasPulumi() ? "" : " (pulumi is not on the PATH, so the real engine did not run)";
