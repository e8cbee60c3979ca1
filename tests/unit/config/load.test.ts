import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Config, loadConfig } from "../../../infrastructure/config/load.ts";
import { loading, problemsOf } from "../../support/config.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

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

  it("names the service for CloudWatch after PHAROS_SERVICE, unless the file says it itself", async () => {
    const variables = { PHAROS_SERVICE: "lighthouse" };
    expect((await loading("models: {}")).metrics.cloudwatch).toEqual({ namespace: "Pharos", service: "" });
    expect((await loading("models: {}", variables)).metrics.cloudwatch.service).toBe("lighthouse");
    const own = "metrics: { cloudwatch: { namespace: Beacons, service: own } }";
    expect((await loading(own, variables)).metrics.cloudwatch).toEqual({ namespace: "Beacons", service: "own" });
    expect(await problemsOf("models: {}", { PHAROS_SERVICE: "Leuchtturm Süd" })).toEqual([
      "metrics.cloudwatch.service: must be at most 255 characters of ASCII",
    ]);
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

  it("refuses an entry whose adapter is named by a variable that is not set", async () => {
    expect(await problemsOf('models: { a: { adapter: "${NOWHERE}" }, b: { adapter: extractive } }')).toEqual([
      "models.a.adapter: the variable NOWHERE is not set and has no default",
    ]);
  });

  it("says in plain words what each value must be", async () => {
    const problems = await problemsOf(`
server: { port: 70000, host: 3, deadline_ms: soon, drain_ms: 1.5 }
limits: { top_k: 0, prompt_characters: many }
principal: []
embedders:
  lsa: { adapter: lsa, dimensions: many }
searches:
  faiss: { adapter: faiss, embedder: lsa, mode: both, dense_weight: half }
  kendra: { adapter: kendra, index_id: i, region: eu-west-1, endpoint: here, require_principal: maybe }
  x: { embedder: lsa }
models: { a: { adapter: openai, model: '' }, b: 3 }
sample: { corpus: faiss, paths: [] }
`);
    expect(problems).toEqual([
      "server.host: must be a text",
      "server.port: must be at most 65535",
      "server.deadline_ms: must be a whole number from 1 to 3600000",
      "server.drain_ms: must be a whole number from 0 to 600000",
      "limits.prompt_characters: must be a whole number from 1",
      "limits.top_k: must be at least 1",
      "principal: must be a mapping",
      "models.b: must be a mapping",
      "searches.x.adapter: is missing",
      "sample.paths: must not be empty",
      "models.a.model: must not be empty",
      "models.a.api_key: is missing",
      "models.a.context_tokens: is missing",
      "embedders.lsa.dimensions: must be a whole number from 2 to 1024",
      "searches.faiss.mode: must be one of fused, dense, sparse",
      "searches.faiss.dense_weight: must be a number from 0 to 1",
      "searches.kendra.endpoint: must be a URL",
      "searches.kendra.require_principal: must be true or false",
    ]);
  });

  it("lists names that lead nowhere beside whatever else is wrong", async () => {
    const yaml = `
server: { prot: 1 }
embedders: { broken: {} }
searches: { a: { embedder: nope }, b: { adapter: faiss, embedder: broken } }
sample: { corpus: nope }
`;
    expect(await problemsOf(yaml)).toEqual(
      expect.arrayContaining([
        "server.prot: unknown key",
        "searches.a.adapter: is missing",
        'searches.a.embedder: no embedder "nope"; known are broken',
        'sample.corpus: no search "nope"; known are a, b',
        "sample.paths: is missing",
      ]),
    );
    expect(await problemsOf("sample: { corpus: a, paths: [docs] }")).toEqual([
      'sample.corpus: no search "a"; the config has no search',
    ]);
  });

  it("refuses a variable that is not closed, wherever it stands", async () => {
    const yaml =
      "server: { host: '${HOST' }\nmodels: { a: { adapter: openai, model: m, api_key: '${KEY', context_tokens: 9 } }";
    const problems = await problemsOf(yaml, { KEY: "sk-very-secret" });
    expect(problems).toEqual([
      expect.stringMatching(/^server\.host: a `\$\{` opens no variable: .*`\$\$\{` stands for a plain `\$\{`$/u),
      expect.stringMatching(/^models\.a\.api_key: a `\$\{` opens no variable/u),
    ]);
  });

  it("listens where HOST and PORT say, unless the config says it", async () => {
    const variables = { HOST: "0.0.0.0", PORT: "9090" };
    expect((await loading("models: {}", variables)).server).toMatchObject({ host: "0.0.0.0", port: 9090 });
    expect((await loading("server: { drain_ms: 1 }", variables)).server).toMatchObject({ port: 9090, drain_ms: 1 });
    const own = await loading("server: { host: 127.0.0.2, port: 1 }", { HOST: "0.0.0.0", PORT: "nonsense" });
    expect(own.server).toMatchObject({ host: "127.0.0.2", port: 1 });
    expect((await loading("{}", { HOST: "", PORT: "" })).server).toMatchObject({ host: "127.0.0.1", port: 8080 });
  });

  it.each(["eighty", "65536", "-1", "80.5"])("lists a PORT of %s with the other problems", async (PORT) => {
    expect(await problemsOf("colour: red", { PORT })).toEqual([
      "PORT: must be a whole number from 0 to 65535",
      "colour: unknown key",
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

  it("takes the fields of tables by name, one or several, and refuses what is none", async () => {
    const { ingestion } = await loading("ingestion: { fields: { id: sku, text: [name, body], metadata: price } }");
    expect(ingestion.fields).toEqual({ id: "sku", text: ["name", "body"], metadata: "price" });
    expect(await problemsOf("ingestion: { fields: { id: [sku], text: 5, metadata: [], body: x } }")).toEqual([
      "ingestion.fields.id: must be a text",
      "ingestion.fields.text: must be the name of a field, or a list of names",
      "ingestion.fields.body: unknown key",
    ]);
    expect(await problemsOf("ingestion: { fields: { text: [] } }")).toEqual([
      "ingestion.fields.text: must not be empty",
    ]);
  });

  it("says where the YAML breaks", async () => {
    expect((await problemsOf("models: { a: [ }"))[0]).toMatch(/line 1/u);
    expect(await problemsOf("models: *gpt")).toEqual([expect.stringContaining("Unresolved alias")]);
    expect((await problemsOf("models: [a]] sk-very-secret")).join("\n")).not.toContain("sk-very-secret");
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
