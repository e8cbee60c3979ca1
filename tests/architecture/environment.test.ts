import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROJECT, sourceFiles } from "./source-files.ts";

/** Where the environment may be read: the config, and what a user or a developer starts. */
const READERS = /^(?:infrastructure\/config\/|infrastructure\/(?:main|cli|aws\/smoke-command)\.ts$)/u;

/** `process.env` and `Deno.env` in their spellings, and `env` taken out of either. */
const READING =
  /\b(?:process|Deno)\s*(?:\??\.\s*env\b|(?:\?\.\s*)?\[)|\bglobalThis\s*\[|\{[^{}]*\benv\b[^{}]*\}\s*(?:=|from)\s*["']?(?:node:)?(?:process|Deno)\b/u;

describe("The environment", () => {
  it("is read by the config and the entry points alone", async () => {
    const files = (await sourceFiles(["domain", "application", "adapters", "infrastructure"])).filter(
      (file) => !READERS.test(file),
    );
    expect(files.length).toBeGreaterThan(100);
    const sources = await Promise.all(files.map((file) => readFile(join(PROJECT, file), "utf8")));
    expect(files.filter((_file, index) => READING.test(sources[index] ?? ""))).toEqual([]);
  });

  it.each([
    "const key = process.env.KEY;",
    "process.env['KEY']",
    "process?.env",
    "process?.['env']",
    'process["env"]',
    "Deno.env.get('KEY')",
    "globalThis.process.env",
    'globalThis["process"]',
    'import { env } from "node:process";',
    "import { argv, env as variables } from 'process';",
    "const { env } = process;",
  ])("is seen to be read in %s", (source) => expect(READING.test(source)).toBe(true));

  it.each([
    "process.once('SIGTERM', stop);",
    "spawn(command, { env: {} })",
    "const env = lookup(); // of the process",
    "import process from 'node:process';",
  ])("is seen not to be read in %s", (source) => expect(READING.test(source)).toBe(false));
});
