import { readFile, writeFile } from "node:fs/promises";
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

  it("has a search follow a published snapshot where its entry or PHAROS_SNAPSHOT names a place, and else none", async () => {
    const entry = `{ adapter: kendra, index_id: "${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}", region: eu-west-1, snapshot: "\${PHAROS_SNAPSHOT:-}" }`;
    const followed = async (variables: Record<string, string>) =>
      (await loading(`searches: { boats: ${entry} }`, variables)).searches[0]?.snapshot;
    expect(await followed({})).toBeUndefined();
    expect(await followed({ PHAROS_SNAPSHOT: "s3://bucket/boats" })).toEqual({
      url: "s3://bucket/boats",
      everyMs: 60_000,
    });
    expect(await problemsOf(`searches: { boats: ${entry} }`, { PHAROS_SNAPSHOT: "bucket/boats" })).toEqual([
      "searches.boats.snapshot: must be s3://bucket/prefix or file:///folder",
    ]);
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

  it("takes a model's price whatever its adapter, and keeps it from the adapter's own options", async () => {
    const { models } = await loading(`
models:
  priced: { adapter: extractive, price: { input: 0.15, output: 0.6, cached_input: "\${CACHED:-0.075}" } }
  plain: { adapter: extractive }
`);
    expect(models.map(({ targets }) => targets[0]?.price)).toEqual([
      { input: 0.15, output: 0.6, cached_input: 0.075 },
      undefined,
    ]);
    expect(await problemsOf("models: { a: { adapter: extractive, price: { input: -1, outptu: 3 } } }")).toEqual([
      "models.a.price.input: must be at least 0",
      "models.a.price.output: is missing",
      "models.a.price.outptu: unknown key",
    ]);
  });

  it("takes keys by their names, with moments in milliseconds and a budget of a month", async () => {
    const { keys, anonymous } = await loading(`
keys:
  app:
    scopes: [ask, search]
    hashes:
      - { sha256: "${"ab".repeat(32)}", expires: 2027-01-31 }
      - { sha256: "${"cd".repeat(32)}", not_before: 2027-01-01T09:00:00+09:00 }
    limits: { requests_per_minute: "\${LIMIT:-60}", budget: { usd: 12.5 } }
`);
    expect(anonymous).toBe(false);
    expect(keys).toEqual({
      app: {
        scopes: ["ask", "search"],
        hashes: [
          { sha256: "ab".repeat(32), expires: Date.UTC(2027, 0, 31) },
          { sha256: "cd".repeat(32), not_before: Date.UTC(2027, 0, 1) },
        ],
        limits: { requests_per_minute: 60, budget: { usd: 12.5, per: "month" } },
      },
    });
  });

  it("refuses keys that nobody could use or that say two things, without a word of what stands there", async () => {
    const hash = "ef".repeat(32);
    const problems = await problemsOf(`
anonymous: true
keys:
  _app: { scopes: [ask], hashes: [{ sha256: "${hash}" }] }
  none: { scopes: [], hashes: [] }
  plain: { scopes: [ask], hashes: [{ sha256: pharos_secret }] }
  late: { scopes: [read], hashes: [{ sha256: "${hash}", not_before: 2027-02-01, expires: 2027-01-01 }] }
  twice: { scopes: [ask], hashes: [{ sha256: "${"01".repeat(32)}" }, { sha256: "${"01".repeat(32)}" }] }
  when: { scopes: [ask], hashes: [{ sha256: "${"23".repeat(32)}", expires: tomorrow }], limits: { tokens_per_minute: 0 } }
`);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^keys\._app: a key's name has 1 to 64/u),
        "keys.none.scopes: must not be empty",
        "keys.none.hashes: must not be empty",
        "keys.plain.hashes[0].sha256: must be 64 hexadecimal digits, as pharos keys create prints them",
        "keys.late.scopes[0]: must be one of ask, search, write, admin",
        "keys.late.hashes[0].expires: must be later than not_before",
        expect.stringMatching(/^keys\.when\.hashes\[0\]\.expires: must be a day/u),
        "keys.when.limits.tokens_per_minute: must be at least 1",
      ]),
    );
    expect(problems.join()).not.toContain("pharos_secret");
    const two = `keys: { a: { scopes: [ask], hashes: [{ sha256: "${hash}" }] }, b: { scopes: [ask], hashes: [{ sha256: "${hash}" }] } }`;
    expect(await problemsOf(two)).toEqual(["keys.b.hashes[0].sha256: is also a hash of a"]);
    expect(await problemsOf(`anonymous: true\nkeys_file: keys.yaml`)).toEqual([
      "anonymous: where there are keys nobody is anonymous",
    ]);
  });

  it("checks a search's reranking whatever its adapter, and keeps it from the adapter's own options", async () => {
    const yaml = `
embedders: { lsa: { adapter: lsa } }
rerankers: { fine: { adapter: bedrock, model: "amazon.rerank-v1:0", region: eu-central-1 } }
searches:
  faiss: { adapter: faiss, embedder: lsa, rerank: { reranker: fine } }
  kendra: { adapter: kendra, index_id: i, region: eu-west-1, rerank: { reranker: fine, candidates: 100 } }
  plain: { adapter: faiss, embedder: lsa }
`;
    const { searches, rerankers } = await loading(yaml);
    expect(rerankers.map(({ name }) => name)).toEqual(["fine"]);
    expect(searches.map(({ rerank }) => rerank)).toEqual([
      { reranker: "fine", candidates: 50 },
      { reranker: "fine", candidates: 100 },
      undefined,
    ]);
  });

  it("accepts the rerankers that the shipped config shows, once their marks are taken away", async () => {
    const shipped = await readFile(resolve(import.meta.dirname, "../../../pharos.yaml"), "utf8");
    const { rerankers } = await loading(shipped.replace(/^# (?=rerankers:| {2}\S+: \{)/gmu, ""));
    expect(rerankers).toMatchObject([
      { name: "cohere-rerank", missing: [] },
      { name: "amazon-rerank", missing: [] },
    ]);
  });

  it("lists what is wrong with rerankers and with what names them, beside the other problems", async () => {
    const problems = await problemsOf(`
embedders: { lsa: { adapter: lsa, rerank: { reranker: fine } } }
rerankers:
  fine: { adapter: bedrock, model: "amazon.rerank-v1:0", region: eu-central-1, top: 3 }
  lost: { adapter: faiss }
searches:
  a: { adapter: faiss, embedder: lsa, rerank: { reranker: finer, candidates: 0, on_failure: stop } }
  b: { adapter: faiss, embedder: lsaa, rerank: fine }
  c: { adapter: kendra, index_id: i, region: eu-west-1, rerank: { candidates: 101 } }
`);
    expect(problems).toEqual([
      "embedders.lsa.rerank: unknown key",
      "rerankers.fine.top: unknown key",
      'rerankers.lost.adapter: no adapter "faiss"; known are bedrock, or the path of a module: ./mine.ts',
      "searches.a.rerank.candidates: must be at least 1",
      "searches.a.rerank.on_failure: unknown key",
      "searches.b.rerank: must be a mapping",
      "searches.c.rerank.reranker: is missing",
      "searches.c.rerank.candidates: must be at most 100",
      'searches.a.rerank.reranker: no reranker "finer"; known are fine, lost',
      'searches.b.embedder: no embedder "lsaa"; known are lsa',
    ]);
  });

  it("keeps a search whose reranking lacks a variable, and says which", async () => {
    const { searches } = await loading(`
embedders: { lsa: { adapter: lsa } }
searches: { a: { adapter: faiss, embedder: lsa, rerank: { reranker: "\${RERANKER}" } } }
`);
    expect(searches).toMatchObject([{ name: "a", missing: ["RERANKER"] }]);
  });

  it("lists files that a model of one's own lacks, relative to the config, beside whatever else is wrong", async () => {
    const problems = await problemsOf(`
embedders:
  own: { adapter: transformers, model: ./no-model, dimensions: 384 }
  hub: { adapter: transformers, model: nobody, dimensions: 384 }
  lsa: { adapter: lsa, colour: red }
`);
    expect(problems).toEqual([
      expect.stringMatching(/^embedders\.own\.model: the folder .*no-model lacks config\.json, .*onnx\/model\.onnx$/u),
      expect.stringMatching(/^embedders\.hub\.model: must be a folder .* or a model of the Hugging Face Hub/u),
      "embedders.lsa.colour: unknown key",
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

  it.each(["中文库", "a/../../x", "a/b", "..", "/a", "a/"])("refuses %s as the name of a search", async (name) => {
    expect(await problemsOf(`searches: { ${name}: { adapter: kendra, index_id: i, region: eu-west-1 } }`)).toEqual([
      `searches.${name}: a search's name has 1 to 128 letters, digits, and . _ : -, and begins with a letter or digit`,
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

describe("readEnvironment", () => {
  it("finds the shipped config and a data folder without any variable", () => {
    const { configFile, dataDirectory } = readEnvironment();
    expect(configFile.endsWith("pharos.yaml")).toBe(true);
    expect(dataDirectory).not.toBe("");
  });

  it("reads a model's targets and fallbacks, and keeps their weights and its fallbacks from the adapters", async () => {
    const { models } = await loading(`
models:
  several:
    targets:
      - { adapter: openai, model: gpt-4o, api_key: k, context_tokens: 8192, weight: 2 }
      - { adapter: bedrock, model: claude, region: eu-west-1, context_tokens: 8192 }
    fallbacks: [plain]
  plain: { adapter: extractive, fallbacks: [last] }
  last: { adapter: extractive }
`);
    expect(models.map(({ name, fallbacks, missing }) => [name, fallbacks, missing])).toEqual([
      ["several", ["plain"], []],
      ["plain", ["last"], []],
      ["last", [], []],
    ]);
    expect(models.map(({ targets }) => targets.map(({ adapter, weight }) => [adapter, weight]))).toEqual([
      [
        ["openai", 2],
        ["bedrock", 1],
      ],
      [["extractive", 1]],
      [["extractive", 1]],
    ]);
  });

  it("leaves a target out that lacks a variable, and the model only where all of them do", async () => {
    const yaml = `
models:
  a:
    targets:
      - { adapter: openai, model: gpt-4o, api_key: "\${KEY}", context_tokens: 8192 }
      - { adapter: openai, model: gpt-4o, api_key: "\${OTHER_KEY}", context_tokens: 8192 }
`;
    const targetsOf = async (variables: Record<string, string>) => {
      const [model] = (await loading(yaml, variables)).models;
      return [model?.missing, model?.targets.map(({ missing }) => missing)];
    };
    expect(await targetsOf({ KEY: "k", OTHER_KEY: "k" })).toEqual([[], [[], []]]);
    expect(await targetsOf({ OTHER_KEY: "k" })).toEqual([[], [["KEY"], []]]);
    expect(await targetsOf({})).toEqual([
      ["KEY", "OTHER_KEY"],
      [["KEY"], ["OTHER_KEY"]],
    ]);
  });

  it("lists what is wrong with targets, by their places", async () => {
    const problems = await problemsOf(`
models:
  a:
    targets:
      - { adapter: openai, api_key: k, context_tokens: 8192, weight: 0 }
      - { adapter: opnai }
      - { model: x }
    price: 3
  b: { adapter: extractive, targets: [{ adapter: extractive }] }
  c: { fallbacks: [] }
  d: { targets: [] }
  e: { targets: [{ adapter: extractive, fallbacks: [a] }, { adapter: "\${ADAPTER}" }] }
  f: { adapter: extractive, weight: 2 }
`);
    expect(new Set(problems)).toEqual(
      new Set([
        "models.a.targets[2].adapter: is missing",
        "models.b.adapter: cannot stand beside targets",
        "models.c.adapter: is missing, and there are no targets either",
        "models.d.targets: must not be empty",
        "models.e.targets[1].adapter: the variable ADAPTER is not set and has no default",
        "models.a.price: unknown key",
        "models.a.targets[0].model: is missing",
        expect.stringMatching(/^models\.a\.targets\[0\]\.weight: /u),
        expect.stringMatching(/^models\.a\.targets\[1\]\.adapter: no adapter "opnai"; known are /u),
        "models.e.targets[0].fallbacks: unknown key",
        "models.f.weight: unknown key",
      ]),
    );
  });

  it("refuses fallbacks that are no models, and those that lead back, all at once", async () => {
    const problems = await problemsOf(`
models:
  a: { adapter: extractive, fallbacks: [b, nobody] }
  b: { adapter: extractive, fallbacks: [c] }
  c: { adapter: extractive, fallbacks: [d, b] }
  d: { adapter: extractive, fallbacks: [d] }
  e: { adapter: extractive, fallbacks: ["\${MODEL}"] }
`);
    expect(problems).toEqual([
      "models.e.fallbacks[0]: the variable MODEL is not set and has no default",
      'models.a.fallbacks[1]: no model "nobody"; known are a, b, c, d, e',
      "models.b.fallbacks[0]: falls back on b in turn: fallbacks must not lead back",
      "models.c.fallbacks[1]: falls back on c in turn: fallbacks must not lead back",
      "models.d.fallbacks[0]: falls back on d in turn: fallbacks must not lead back",
    ]);
  });

  it("reads what is to happen where a search fails, and refuses what it does not know", async () => {
    const yaml = (policy: string) => `
embedders: { lsa: { adapter: lsa } }
searches:
  a: { adapter: faiss, embedder: lsa }
  b: { adapter: faiss, embedder: lsa, on_failure: ${policy} }
`;
    const { searches, resilience } = await loading(yaml("stale-cache"));
    expect(searches.map(({ onFailure }) => onFailure)).toEqual(["fail", "stale-cache"]);
    expect(resilience).toMatchObject({ attempts: 3, first_token_ms: 30_000, breaker: { min_failures: 5 } });
    expect(resilience.hedge_percentile).toBeUndefined();
    expect(await problemsOf(yaml("retry"))).toEqual([
      "searches.b.on_failure: must be one of fail, answer-ungrounded, stale-cache",
    ]);
  });
});
