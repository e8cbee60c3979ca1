import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type DeployedConfig,
  loadDeployedConfig,
  type ModelNeeds,
  needsOf as needsOfConfig,
} from "../../../infrastructure/aws/model-needs.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { NO_NEEDS } from "../support/no-needs.ts";

const SHIPPED = resolve(import.meta.dirname, "../../../pharos.yaml");

async function needsIn(deployed: DeployedConfig): Promise<ModelNeeds> {
  return needsOfConfig(await loadDeployedConfig(deployed), deployed.region);
}

async function needsOf(yaml: string, deployed: Partial<DeployedConfig> = {}): Promise<ModelNeeds> {
  const configFile = join(await temporaryFolder(), "pharos.yaml");
  await writeFile(configFile, yaml);
  return needsIn({ configFile, region: "eu-central-1", environment: {}, secretVariables: [], ...deployed });
}

describe("what a config needs", () => {
  it("is Bedrock's models alone for the shipped config, whose OpenAI and Kendra lack their variables", async () => {
    const shipped = { configFile: SHIPPED, region: "eu-central-1", environment: {}, secretVariables: [] };
    expect(await needsIn(shipped)).toEqual({
      bedrockModels: [
        { id: "ai21.jamba-1-5-large-v1:0", region: "eu-central-1", answers: true },
        { id: "amazon.titan-embed-text-v2:0", region: "eu-central-1", answers: false },
        { id: "anthropic.claude-3-opus-20240229-v1:0", region: "eu-central-1", answers: true },
      ],
      bedrockProfiles: [
        { id: "global.anthropic.claude-haiku-4-5-20251001-v1:0", region: "eu-central-1", answers: true },
        { id: "global.anthropic.claude-opus-4-6-v1", region: "eu-central-1", answers: true },
        { id: "global.anthropic.claude-sonnet-4-6", region: "eu-central-1", answers: true },
        { id: "us.amazon.nova-pro-v1:0", region: "eu-central-1", answers: true },
        { id: "us.meta.llama3-3-70b-instruct-v1:0", region: "eu-central-1", answers: true },
      ],
      rerankers: [],
      kendraIndexes: [],
      snapshots: [],
      vendors: ["bedrock"],
      endpointServices: ["bedrock-runtime"],
      vendorsOutside: false,
    });
  });

  it("is OpenAI and Kendra too once the container has their variables, one of them a secret", async () => {
    const needs = await needsIn({
      configFile: SHIPPED,
      region: "us-west-2",
      environment: { KENDRA_INDEX_ID: "0f1e2d3c-0000-0000-0000-000000000000" },
      secretVariables: ["OPENAI_API_KEY"],
    });
    expect(needs).toMatchObject({
      kendraIndexes: [{ indexId: "0f1e2d3c-0000-0000-0000-000000000000", region: "us-west-2" }],
      vendors: ["bedrock", "kendra", "openai"],
      endpointServices: ["bedrock-runtime", "kendra"],
      vendorsOutside: true,
    });
  });

  it("is nothing where everything is answered in the service itself", async () => {
    const yaml = `
models: { extractive: { adapter: extractive } }
embedders: { lsa: { adapter: lsa } }
searches: { faiss: { adapter: faiss, embedder: lsa } }
`;
    expect(await needsOf(yaml)).toEqual(NO_NEEDS);
  });

  it("is the folder of S3 that a search of the config follows, and no folder of a disk", async () => {
    const yaml = (url: string) =>
      `embedders: { lsa: { adapter: lsa } }\nsearches: { faiss: { adapter: faiss, embedder: lsa, snapshot: "${url}" } }`;
    expect((await needsOf(yaml("s3://their-index/snapshots/faiss"))).snapshots).toEqual([
      { bucketArn: "arn:aws:s3:::their-index", prefix: "snapshots/faiss" },
    ]);
    expect((await needsOf(yaml("s3://their-index"))).snapshots).toEqual([
      { bucketArn: "arn:aws:s3:::their-index", prefix: "" },
    ]);
    expect((await needsOf(yaml("file:///their/index"))).snapshots).toEqual([]);
  });

  it("is every target of a model, each once, and not the one that lacks a variable", async () => {
    const yaml = `
models:
  many:
    targets:
      - &nova { adapter: bedrock, model: eu.amazon.nova-pro-v1:0, region: eu-central-1, context_tokens: 1000 }
      - { <<: *nova, weight: 2 }
      - { <<: *nova, region: eu-west-1 }
      - { <<: *nova, model: "\${OTHER_MODEL}" }
`;
    const { bedrockProfiles, vendorsOutside } = await needsOf(yaml);
    expect(bedrockProfiles).toEqual([
      { id: "eu.amazon.nova-pro-v1:0", region: "eu-central-1", answers: true },
      { id: "eu.amazon.nova-pro-v1:0", region: "eu-west-1", answers: true },
    ]);
    expect(vendorsOutside, "eu-west-1 is reached by no endpoint of eu-central-1").toBe(true);
  });

  it("is a reranker, and the endpoint that it stands behind", async () => {
    const yaml = `
rerankers: { amazon: { adapter: bedrock, model: "amazon.rerank-v1:0", region: "\${AWS_REGION}" } }
embedders: { lsa: { adapter: lsa } }
searches: { faiss: { adapter: faiss, embedder: lsa, rerank: { reranker: amazon } } }
`;
    expect(await needsOf(yaml)).toMatchObject({
      rerankers: [{ id: "amazon.rerank-v1:0", region: "eu-central-1" }],
      bedrockModels: [],
      endpointServices: ["bedrock-agent-runtime"],
      vendorsOutside: false,
    });
  });

  it("is a way out where a service of AWS is asked at an address of its own", async () => {
    const yaml = `
models: { m: { adapter: bedrock, model: a.b, region: eu-central-1, context_tokens: 1000, endpoint: "https://bedrock.example" } }
`;
    expect(await needsOf(yaml)).toMatchObject({ vendors: ["bedrock"], vendorsOutside: true });
  });

  it("is a way out for an adapter of someone else's, of which nobody knows whom it asks", async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, "mine.mjs"),
      "export const options = { safeParse: (data) => ({ success: true, data }) }; export const create = () => ({});",
    );
    const configFile = join(folder, "pharos.yaml");
    await writeFile(configFile, "models: { mine: { adapter: ./mine.mjs } }");
    const deployed = { configFile, region: "eu-central-1", environment: {}, secretVariables: [] };
    expect(await needsIn(deployed)).toMatchObject({ vendors: ["./mine.mjs"], vendorsOutside: true });
  });

  it("lists every model that no permission can be computed for", async () => {
    const yaml = `
models:
  unknown: { adapter: bedrock, model: kr.amazon.nova-pro-v1:0, region: eu-central-1, context_tokens: 1000 }
  hidden: { adapter: bedrock, model: "\${MODEL}", region: eu-central-1, context_tokens: 1000 }
rerankers:
  profile: { adapter: bedrock, model: eu.amazon.rerank-v1:0, region: eu-central-1 }
searches:
  kendra: { adapter: kendra, index_id: "\${INDEX}", region: eu-central-1 }
`;
    await expect(needsOf(yaml, { secretVariables: ["MODEL", "INDEX"] })).rejects.toMatchObject({
      name: "ConfigError",
      problems: [
        { field: "models.unknown.model", message: expect.stringMatching(/^no permission can be computed for kr\./u) },
        { field: "models.hidden.model", message: expect.stringContaining("not a secret") },
        { field: "rerankers.profile.model", message: expect.stringContaining("a reranker is a model's id or ARN") },
        { field: "searches.kendra.index_id", message: expect.stringContaining("not a secret") },
      ],
    });
  });

  it("does not depend on the callers' keys, which are a secret with a form of its own", async () => {
    const extractive = "models: { extractive: { adapter: extractive } }";
    expect(await needsOf(extractive, { secretVariables: ["PHAROS_KEYS"] })).toMatchObject({ vendorsOutside: false });
  });

  it("cannot be told of a config that the service would refuse, and says what the service would say", async () => {
    await expect(needsOf("models: { m: { adapter: bedrok } }")).rejects.toThrow(/models\.m\.adapter: no adapter/u);
  });
});
