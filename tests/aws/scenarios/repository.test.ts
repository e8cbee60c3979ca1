import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { CliStack, hasPulumi } from "../support/cli/cli-stack.ts";
import { EngineStack } from "../support/engine/engine-stack.ts";
import type { Stack } from "../support/stack.ts";
import { deploy, REPOSITORY_CASES, runRepositoryCase, tableOf } from "./repository-cases.ts";

const engines: Readonly<Record<string, (folder: string) => Promise<Stack>>> = {
  "the tests' engine": EngineStack.create,
  ...(hasPulumi() ? { "the real pulumi": CliStack.create } : {}),
};

describe.each(Object.keys(engines))("the repository of the images, under %s", { timeout: 120_000 }, (engine) => {
  const rows = new Map<string, readonly string[]>();
  let folder: string;
  let deployed: Stack;
  const fresh = () => engines[engine]!(folder);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pharos-test-"));
    deployed = await deploy(await fresh());
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    console.log(
      `\nUnder ${engine}${hasPulumi() ? "" : ", as no pulumi is on the PATH"}:\n${tableOf(REPOSITORY_CASES.flatMap(({ name }) => [rows.get(name) ?? []]))}`,
    );
  });

  it.concurrent.each(REPOSITORY_CASES)("is never deleted where it is $name", async (repositoryCase) => {
    rows.set(repositoryCase.name, await runRepositoryCase(repositoryCase, await repositoryCase.stack(fresh, deployed)));
  });
});
