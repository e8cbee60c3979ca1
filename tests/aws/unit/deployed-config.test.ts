import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../../infrastructure/aws/config.ts";
import { findSecrets, plainVariables, secretNames } from "../../../infrastructure/aws/container-environment.ts";
import { readDeployedConfig } from "../../../infrastructure/aws/deployed-config.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { runProgram } from "../support/pulumi-mocks.ts";

async function deploy(yaml: string) {
  const configFile = join(await temporaryFolder(), "pharos.yaml");
  await writeFile(configFile, yaml);
  return readDeployedConfig({ configFile, region: "eu-central-1", environment: {}, secretVariables: [] });
}

describe("the config that is deployed", () => {
  it("tells how long requests may take, and what the models need", async () => {
    const { server, needs } = await deploy(
      "server: { deadline_ms: 5000 }\nmodels: { one: { adapter: extractive } }\nembedders: { lsa: { adapter: lsa } }\nsearches: { faiss: { adapter: faiss, embedder: lsa } }",
    );
    expect(server).toEqual({ deadlineMs: 5_000, shutdownMs: 25_000 });
    expect(needs).toMatchObject({ vendors: [], vendorsOutside: false });
  });

  it("is refused with all that is wrong in it, and without a stack", async () => {
    const deployment = deploy("models: { one: { adapter: nobody }, two: { adapter: openai } }\nsearches: {}");
    await expect(deployment).rejects.toBeInstanceOf(RunError);
    await expect(deployment).rejects.toThrow(/models\.one\.adapter[\s\S]*models\.two/u);
  });
});

describe("the variables of the container", () => {
  const settings = readSettings({
    "aws:region": "eu-central-1",
    "pharos:environment": '{"TEAM": "search"}',
    "pharos:secrets": '{"OPENAI_API_KEY": "openai"}',
  });
  const withKeys = readSettings({ "aws:region": "eu-central-1", "pharos:keysSecret": "pharos/keys" });

  it("say that callers need no key only where there are none", () => {
    expect(plainVariables(settings)).toEqual({
      ...{ TEAM: "search", AWS_REGION: "eu-central-1", PHAROS_SERVICE: "pharos", PHAROS_ANONYMOUS: "true" },
    });
    expect(plainVariables(withKeys)).not.toHaveProperty("PHAROS_ANONYMOUS");
  });

  it("come from the secrets that the configuration names, the callers' keys among them", async () => {
    expect(secretNames(withKeys)).toEqual({ PHAROS_KEYS: "pharos/keys" });
    const functions = {
      "aws:secretsmanager/getSecret:getSecret": ({ name }: Readonly<Record<string, unknown>>) => ({
        arn: `arn:${name}`,
      }),
    };
    const { result, calls } = await runProgram(() => findSecrets(settings, {}), { functions });
    expect(result.map(({ variable }) => variable)).toEqual(["OPENAI_API_KEY"]);
    expect(calls.map(({ inputs }) => inputs)).toEqual([{ name: "openai" }]);
  });
});
