import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import readOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROJECT, ROOMS, sourceFiles } from "./source-files.ts";

const options = await readOptions(join(PROJECT, ".dependency-cruiser.mjs"));

/** What the checker says of the rooms below a folder, by the project's rules. */
async function check(baseDir: string): Promise<ICruiseResult> {
  const { output } = await cruise([...ROOMS], { ...options, baseDir });
  if (typeof output === "string") throw new Error(output);
  return output;
}

describe("The rooms of the house", () => {
  let result: ICruiseResult;
  beforeAll(async () => {
    result = await check(PROJECT);
  });

  it("keep their boundaries", () => {
    expect(result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  });

  it("are all seen by the checker, to the last file", async () => {
    const seen = result.modules.map(({ source }) => source).filter((source) => /^[a-z]+\//u.test(source));
    const files = await sourceFiles(ROOMS);
    expect(files.length).toBeGreaterThan(100);
    expect(seen.filter((source) => files.includes(source)).toSorted()).toEqual(files);
  });

  it("are seen to depend on each other and on packages", () => {
    const imports = result.modules.flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved }) => `${source} -> ${resolved}`),
    );
    const seen = [
      /^domain\/ports\/\S+ -> domain\//u,
      /^application\/\S+ -> domain\//u,
      /^adapters\/inbound\/http\/\S+ -> application\//u,
      /^adapters\/inbound\/http\/\S+ -> node_modules\/hono\//u,
      /^adapters\/outbound\/kendra\/\S+ -> node_modules\/@aws-sdk\/client-kendra\//u,
      /^adapters\/outbound\/kendra\/\S+ -> (node:)?crypto$/u,
      /^infrastructure\/container\/registry\.ts -> adapters\/outbound\/kendra\/retrieval\.ts$/u,
    ];
    for (const pattern of seen) expect(imports).toContainEqual(expect.stringMatching(pattern));
  });
});

/** Files that each break the rule, in a way of importing of their own where there are several. */
const PLANTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  domain: {
    "domain/planted/application.ts": 'import { AnswerQuestion } from "../../application/answer-question.ts";',
    "domain/planted/types.ts": 'import type { AnswerQuestion } from "../../application/answer-question.ts";',
    "domain/planted/package.ts": 'export { z } from "zod";',
    "domain/planted/node.ts": 'import { join } from "node:path";',
  },
  application: {
    "application/planted/adapter.ts": 'const load = () => import("../../adapters/outbound/kendra/retrieval.ts");',
    "application/planted/package.ts": 'import { z } from "zod";',
    "application/planted/node.ts": 'import "node:fs/promises";',
  },
  "adapters/inbound/cli": {
    "adapters/inbound/cli/planted/neighbour.ts": 'import { createApp } from "../../http/app.ts";',
    "adapters/inbound/cli/planted/outbound.ts":
      'import type { KendraOptions } from "../../../outbound/kendra/options.ts";',
    "adapters/inbound/cli/planted/node.ts": 'import process from "node:process";',
  },
  "adapters/inbound/http": {
    "adapters/inbound/http/planted/server.ts": 'import { serve } from "@hono/node-server";',
    "adapters/inbound/http/planted/neighbour.ts": 'import type { CommandRuntime } from "../../cli/runtime.ts";',
    "adapters/inbound/http/planted/node.ts": 'import { createServer } from "node:http";',
  },
  "adapters/outbound/bedrock": {
    "adapters/outbound/bedrock/planted.ts": 'import { KendraClient } from "@aws-sdk/client-kendra";',
  },
  "adapters/outbound/documents": {
    "adapters/outbound/documents/planted.ts": 'import { z } from "../kendra/options.ts";',
  },
  "adapters/outbound/faiss": { "adapters/outbound/faiss/planted.ts": 'import type { OpenAI } from "openai";' },
  "adapters/outbound/kendra": {
    "adapters/outbound/kendra/planted/neighbour.ts": 'import type { Translation } from "../../bedrock/errors.ts";',
    "adapters/outbound/kendra/planted/application.ts": 'import "../../../../application/answer-question.ts";',
  },
  "adapters/outbound/openai": { "adapters/outbound/openai/planted.ts": 'import { Hono } from "hono";' },
  "adapters/outbound/s3": {
    "adapters/outbound/s3/planted.ts": 'import { readSome } from "../folder/object-store.ts";',
  },
  "adapters/outbound/tokenizer": { "adapters/outbound/tokenizer/planted.ts": 'import { z } from "zod";' },
  "adapters/outbound/transformers": {
    "adapters/outbound/transformers/planted.ts": 'import type { LsaModel } from "../lsa/model.ts";',
  },
  "adapters/others": {
    "adapters/outbound/planted/package.ts": 'import OpenAI from "openai";',
    "adapters/outbound/planted/neighbour.ts": 'import "../kendra/options.ts";',
    "adapters/inbound/planted.ts": 'import { createApp } from "./http/app.ts";',
    "adapters/planted.ts": 'import "./outbound/kendra/options.ts";',
  },
  "only-entry-points-import-infrastructure": {
    "adapters/outbound/kendra/planted/main.ts": 'import "../../../../infrastructure/main.ts";',
  },
  "only-scripts-and-tests-import-the-deployment": {
    "infrastructure/planted/deployed.ts": 'import { Registry } from "../aws/registry.ts";',
  },
  "only-tests-import-tests": {
    "infrastructure/planted/fake.ts": 'import { FakeRetrieval } from "../../tests/support/fakes/fake-retrieval.ts";',
  },
  "no-cycles": { "domain/planted/cycle.ts": 'import type { Principal } from "./other-half.ts";' },
  "everything-is-found": { "infrastructure/planted/nothing.ts": 'import "./not-there.ts"; import "not-installed";' },
};

/** The checker names a cycle once, by the first of its files. */
const OTHER_HALF = { "domain/planted/other-half.ts": 'import "./cycle.ts";' };

describe("A violation of the boundaries", () => {
  const found = new Map<string, readonly string[]>();
  let copy: string;

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), "pharos-test-"));
    for (const folder of [...ROOMS, "tests/support"]) {
      await cp(join(PROJECT, folder), join(copy, folder), { recursive: true });
    }
    await symlink(join(PROJECT, "node_modules"), join(copy, "node_modules"));
    for (const [path, code] of [...Object.values(PLANTED), OTHER_HALF].flatMap((files) => Object.entries(files))) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), `${code}\n`);
    }
    const { summary } = await check(copy);
    for (const { rule, from } of summary.violations) found.set(from, [...(found.get(from) ?? []), rule.name]);
  });

  afterAll(() => rm(copy, { recursive: true, force: true }));

  for (const { name = "" } of options.ruleSet?.forbidden ?? []) {
    it(`of the rule ${name} is noticed`, () => {
      const files = Object.keys(PLANTED[name] ?? {});
      expect(files).not.toEqual([]);
      for (const file of files) expect(found.get(file) ?? [], file).toContain(name);
    });
  }
});
