import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINES, WITHOUT_PULUMI } from "../support/engines.ts";
import type { Stack } from "../support/stack.ts";
import { CONFIG, expectSuccess, REPOSITORY, REPOSITORY_CASES, runRepositoryCase, tableOf } from "./repository-cases.ts";

describe.each(Object.entries(ENGINES))(
  "the repository of the images, under %s",
  { timeout: 240_000 },
  (name, create) => {
    const rows = new Map<string, readonly string[]>();
    let folder: string;
    let deployed: Stack;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "pharos-test-"));
      deployed = await create(folder);
      expectSuccess(await deployed.up({ config: CONFIG }));
    });

    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
      const table = tableOf(REPOSITORY_CASES.map((repositoryCase) => rows.get(repositoryCase.name) ?? []));
      console.log(`\nUnder ${name}${WITHOUT_PULUMI}:\n${table}`);
    });

    it.concurrent.each(REPOSITORY_CASES)("is never deleted where it is $name", async (repositoryCase) => {
      const stack = await repositoryCase.stack(() => create(folder), deployed);
      rows.set(repositoryCase.name, await runRepositoryCase(repositoryCase, stack));
    });

    it.concurrent("is taken up again, and the index too, by the first up after a destroy", async () => {
      const stack = await deployed.copy({});
      expectSuccess(await stack.destroy());
      const buckets = [...stack.cloud().all("aws:s3/bucket:Bucket").keys()];
      const { steps } = await stack.up({ config: CONFIG });
      const operations = steps.map(({ operation, type }) => `${operation} ${type}`);
      expect(operations).toContain(`import ${REPOSITORY}`);
      expect(operations).toContain("same aws:s3/bucket:Bucket");
      expect(buckets).toHaveLength(1);
      expect([...stack.cloud().all("aws:s3/bucket:Bucket").keys()]).toEqual(buckets);
    });

    it.concurrent("is left as it is by an up that AWS does not let look for it", async () => {
      const stack = await deployed.copy({ refuses: "aws:ecr/getRepositories:getRepositories" });
      const { hasSucceeded, logs } = await stack.up({ config: CONFIG });
      expect(hasSucceeded).toBe(false);
      expect(logs).toContain("AccessDeniedException");
      expect(stack.cloud().contents().deletions).toEqual([]);
    });
  },
);
