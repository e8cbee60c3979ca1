import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../../infrastructure/config/environment.ts";
import { type Config, loadConfig } from "../../../infrastructure/config/load.ts";
import { ConfigError } from "../../../infrastructure/config/problems.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

async function loading(yaml: string, variables: Record<string, string> = {}): Promise<Config> {
  const folder = await temporaryFolder();
  const configFile = join(folder, "pharos.yaml");
  await writeFile(configFile, yaml);
  return loadConfig({ configFile, dataDirectory: folder, variables });
}

async function problemsOf(yaml: string, variables: Record<string, string> = {}): Promise<readonly string[]> {
  const error = await loading(yaml, variables).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ field, message }) => `${field}: ${message}`);
}

describe("loadConfig", () => {
  it("accepts the shipped config, without a variable and with all of them", async () => {
    const configFile = resolve(import.meta.dirname, "../../../pharos.yaml");
    const bare = await loadConfig({ configFile, dataDirectory: "/nowhere", variables: {} });
    const complete = await loadConfig({
      configFile,
      dataDirectory: "/nowhere",
      variables: {
        OPENAI_API_KEY: "k",
        KENDRA_INDEX_ID: "12345678-1234-1234-1234-123456789012",
        AWS_REGION: "eu-west-1",
        PORT: "9090",
      },
    });
    const missing = ({ models, searches }: Config) =>
      [...models, ...searches].filter((entry) => entry.missing.length > 0).map(({ name }) => name);
    expect(missing(bare)).toEqual(expect.arrayContaining(["gpt-4o3", "kendra"]));
    expect(missing(complete)).toEqual([]);
    expect(bare.models.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["extractive", "gpt-4o3", "claude-3-opus", "ai21-jamba"]),
    );
    expect(bare.searches.map(({ name }) => name)).toEqual(["faiss", "kendra"]);
    expect([bare.server.port, complete.server.port]).toEqual([8080, 9090]);
  });

  it("fills in every default", async () => {
    const { server, answer, models } = await loading("models: {}");
    expect(server).toMatchObject({ host: "127.0.0.1", port: 8080, deadline_ms: 60_000 });
    expect(answer.top_k).toBe(8);
    expect(models).toEqual([]);
  });

  it("lists every problem at once, each with its path", async () => {
    const yaml = `
server: { port: 70000, prot: 1 }
limits: { body_bytes: "\${LIMIT}" }
models:
  a: { adapter: opnai, model: x }
  b: { adapter: extractive, colour: red }
  c: { model: x }
`;
    const problems = await problemsOf(yaml);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^server\.port: /u),
        "server.prot: unknown key",
        "limits.body_bytes: the variable LIMIT is not set and has no default",
        expect.stringMatching(/^models\.c\.adapter: /u),
      ]),
    );
  });

  it("lists what is wrong with the adapters' own options, and names that lead nowhere", async () => {
    const problems = await problemsOf(`
models:
  a: { adapter: opnai, model: x }
  b: { adapter: extractive, colour: red }
searches:
  faiss: { adapter: faiss, embedder: lsaa }
embedders:
  lsa: { adapter: lsa }
sample: { corpus: fais, paths: [docs] }
`);
    expect(problems).toEqual([
      expect.stringMatching(/^models\.a\.adapter: no adapter "opnai"; known are openai, bedrock, extractive/u),
      "models.b.colour: unknown key",
      'searches.faiss.embedder: no embedder "lsaa"; known are lsa',
      'sample.corpus: no search "fais"; known are faiss',
    ]);
  });

  it("keeps an entry whose variable is missing, but still checks the rest of it", async () => {
    const yaml =
      "models: { a: { adapter: openai, model: gpt-4o, api_key: '${OPENAI_API_KEY}', context_tokens: 128000 } }";
    const { models } = await loading(yaml);
    expect(models).toMatchObject([{ name: "a", missing: ["OPENAI_API_KEY"] }]);
    expect(await problemsOf(yaml.replace("model:", "modle:"))).toContain("models.a.modle: unknown key");
  });

  it("refuses defaults above their limits", async () => {
    const yaml =
      "answer: { top_k: 9, max_tokens: 9 }\nlimits: { top_k: 8, max_tokens: 8 }\ningestion: { chunk_tokens: 600 }";
    expect(await problemsOf(yaml)).toEqual([
      "answer.top_k: at most limits.top_k, which is 8",
      "answer.max_tokens: at most limits.max_tokens, which is 8",
      "ingestion.chunk_tokens: at most ingestion.max_chunk_tokens, which is 512",
    ]);
  });

  it("says where the YAML breaks", async () => {
    expect((await problemsOf("models: { a: [ }"))[0]).toMatch(/line 1/u);
  });

  it("says which file it cannot read", async () => {
    const environment = { configFile: "/nowhere/pharos.yaml", dataDirectory: "/nowhere", variables: {} };
    await expect(loadConfig(environment)).rejects.toThrow(
      /\/nowhere\/pharos\.yaml cannot be used:\n {2}\(the whole file\): cannot be read \(ENOENT\)/u,
    );
  });

  it("never prints a variable's value", async () => {
    const problems = await problemsOf(
      "models: { a: { adapter: openai, model: gpt-4o, api_key: '${KEY}', context_tokens: nonsense } }",
      { KEY: "sk-very-secret" },
    );
    expect(problems.join("\n")).not.toContain("sk-very-secret");
  });

  it("takes an adapter of someone else's by the path of its module, and checks its options", async () => {
    const folder = await temporaryFolder();
    const zod = new URL("../../../node_modules/zod/index.js", import.meta.url).href;
    const module = `import { z } from "${zod}"; export const options = z.strictObject({ text: z.string() }); export const create = ({ text }) => ({ contextTokens: 1, text });`;
    await writeFile(join(folder, "mine.ts"), module);
    const configFile = join(folder, "pharos.yaml");
    await writeFile(configFile, "models: { mine: { adapter: ./mine.ts, text: hello } }");
    const config = await loadConfig({ configFile, dataDirectory: folder, variables: {} });
    expect(config.models.map(({ name }) => name)).toEqual(["mine"]);
    await writeFile(
      configFile,
      "models: { mine: { adapter: ./mine.ts, txet: hello }, other: { adapter: ./absent.ts } }",
    );
    await expect(loadConfig({ configFile, dataDirectory: folder, variables: {} })).rejects.toThrow(
      /models\.mine\.txet: unknown key[\s\S]*models\.other\.adapter: the module \.\/absent\.ts cannot be loaded/u,
    );
  });
});

describe("readEnvironment", () => {
  it("finds the shipped config and a data folder without any variable", () => {
    const { configFile, dataDirectory } = readEnvironment();
    expect(configFile.endsWith("pharos.yaml")).toBe(true);
    expect(dataDirectory).not.toBe("");
  });
});
