import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINES } from "../support/engines.ts";
import type { Stack } from "../support/stack.ts";
import { BROKEN, CHANGES, changesOf, DEPLOYED, lossesOf } from "./changes.ts";
import { expectSuccess } from "./repository-cases.ts";

describe.each(Object.entries(ENGINES))("what is deployed, under %s", { timeout: 240_000 }, (_name, create) => {
  let folder: string;
  let deployed: Stack;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pharos-test-"));
    deployed = await create(folder);
    const outcome = await deployed.up(DEPLOYED);
    expectSuccess(outcome);
    expect(Object.keys(outcome.exports).toSorted()).toEqual([
      ...["dashboard", "imageDigest", "logGroup", "repository", "snapshots", "url"],
    ]);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.concurrent.each(CHANGES)("changes with $name in these places alone, and loses no data", async (change) => {
    const stack = await deployed.copy({});
    const outcome = await stack.up(change.given);
    expectSuccess(outcome);
    expect(changesOf(outcome)).toEqual(change.expected);
    expect(lossesOf(outcome)).toEqual([]);
  });

  it.concurrent("is previewed without being changed", async () => {
    const stack = await create(folder);
    const outcome = await stack.preview(DEPLOYED);
    expectSuccess(outcome);
    expect(outcome.steps.length).toBeGreaterThan(50);
    expect(stack.cloud().contents().resources).toEqual([]);
  });

  it.concurrent("stays where an image does not run: the update fails, and deletes nothing", async () => {
    const stack = await deployed.copy({});
    const outcome = await stack.up(BROKEN);
    expect(outcome.hasSucceeded).toBe(false);
    expect(outcome.logs).toContain("the deployment was rolled back");
    expect(stack.cloud().contents().deletions).toEqual([]);
  });
});
