import { describe, expect, it } from "vitest";
import { findImage, parseEcrImage } from "../../../infrastructure/aws/given-image.ts";
import { Image } from "../../../infrastructure/aws/image.ts";
import { outputValue, runProgram } from "../support/pulumi-mocks.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pharos";

describe("an image that the deployment builds", () => {
  const build = () =>
    runProgram(
      () =>
        new Image("pharos", { repositoryUrl: REPOSITORY, architecture: "arm64", context: "../..", version: "1.2.3" }),
      {
        outputs: ({ type }) =>
          type === "docker-build:index:Image" ? { digest: DIGEST } : { repositoryUrl: "registry/pharos-cache-1" },
        functions: {
          "aws:ecr/getAuthorizationToken:getAuthorizationToken": () => ({
            userName: "AWS",
            password: "token",
            proxyEndpoint: "https://registry",
          }),
        },
      },
    );

  it("is pushed by its digest alone, for the tasks' architecture, and not in a preview", async () => {
    const { registrations } = await build();
    const image = registrations.find(({ type }) => type === "docker-build:index:Image");
    expect(image?.inputs).toMatchObject({
      context: { location: "../.." },
      platforms: ["linux/arm64"],
      buildArgs: { VERSION: "1.2.3" },
      buildOnPreview: false,
      push: false,
      exports: [{ image: { names: [REPOSITORY], push: true, pushByDigest: true } }],
      cacheFrom: [{ registry: { ref: "registry/pharos-cache-1:arm64" } }],
      cacheTo: [{ registry: { ref: "registry/pharos-cache-1:arm64", mode: "max" } }],
    });
    expect(image?.inputs).not.toHaveProperty("tags");
    expect(image?.options.retainOnDelete).toBe(true);
  });

  it("is named by its repository and digest", async () => {
    const { result } = await build();
    expect(await outputValue(result.ref)).toBe(`${REPOSITORY}@${DIGEST}`);
    expect(await outputValue(result.digest)).toBe(DIGEST);
  });

  it("keeps its layers in a repository of their own, which may be deleted", async () => {
    const { registrations } = await build();
    const cache = registrations.find(({ type }) => type === "aws:ecr/repository:Repository");
    expect(cache?.name).toBe("pharos-cache");
    expect(cache?.inputs).toMatchObject({ forceDelete: true });
    expect(cache?.options.retainOnDelete).not.toBe(true);
  });
});

describe("an image that the configuration names", () => {
  const functions = { "aws:ecr/getImage:getImage": () => ({ imageDigest: DIGEST }) };
  const find = async (uri: string) => {
    const { result, calls } = await runProgram(() => findImage(uri, {}), { functions });
    return {
      ref: await outputValue(result.ref),
      digest: await outputValue(result.digest),
      calls: calls.map(({ inputs }) => inputs),
    };
  };

  it("is taken as it is where it names a digest", async () => {
    const ref = `ghcr.io/acme/pharos@${DIGEST}`;
    expect(await find(ref)).toEqual({ ref, digest: DIGEST, calls: [] });
  });

  it("is deployed by the digest that ECR has for its tag", async () => {
    expect(await find(`${REPOSITORY}:1.2.3`)).toEqual({
      ref: `${REPOSITORY}@${DIGEST}`,
      digest: DIGEST,
      calls: [{ registryId: "123456789012", region: "eu-central-1", repositoryName: "pharos", imageTag: "1.2.3" }],
    });
  });

  it("keeps the tag of another registry, whose digest nobody knows here", async () => {
    const ref = "ghcr.io/acme/pharos:1.2.3";
    expect(await find(ref)).toEqual({ ref, digest: "", calls: [] });
  });

  it("is seen to be in ECR by its registry", () => {
    expect(parseEcrImage(`${REPOSITORY}@${DIGEST}`)).toEqual({
      ...{ registryId: "123456789012", region: "eu-central-1", repositoryName: "pharos", digest: DIGEST },
    });
    expect(parseEcrImage("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/pharos:1")).toEqual({
      ...{ registryId: "123456789012", region: "cn-north-1", repositoryName: "team/pharos", tag: "1" },
    });
    expect(parseEcrImage("ghcr.io/acme/pharos:1")).toBeUndefined();
    expect(parseEcrImage("example.com/123456789012.dkr.ecr.eu-central-1.amazonaws.com/pharos:1")).toBeUndefined();
  });
});
