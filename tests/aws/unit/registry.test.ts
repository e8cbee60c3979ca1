import { describe, expect, it } from "vitest";
import { findOwnership, type Ownership, Registry } from "../../../infrastructure/aws/registry.ts";
import { outputValue, runProgram } from "../support/pulumi-mocks.ts";

const REPOSITORY = "aws:ecr/repository:Repository";
const POLICY = "aws:ecr/lifecyclePolicy:LifecyclePolicy";

/** What the program declares where the lookup found this. */
function declare(ownership: Ownership) {
  return runProgram(() => new Registry("pharos", { repositoryName: "search", owner: "pharos/dev", ownership }), {
    outputs: () => ({ repositoryUrl: "registry/search" }),
  });
}

describe("the repository of the images", () => {
  it("is declared with our tag, unchangeable tags and scans, and never deleted", async () => {
    const { registrations } = await declare("absent");
    const repository = registrations.find(({ type }) => type === REPOSITORY);
    expect(repository?.inputs).toEqual({
      name: "search",
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      forceDelete: false,
      tags: { "pulumi:owner": "pharos/dev" },
    });
    expect(repository?.options).toMatchObject({
      retainOnDelete: true,
      ignoreChanges: ["encryptionConfigurations"],
      import: undefined,
    });
  });

  it("is imported by its name where it is ours", async () => {
    const { registrations } = await declare("ours");
    expect(registrations.find(({ type }) => type === REPOSITORY)?.options).toMatchObject({
      retainOnDelete: true,
      import: "search",
    });
  });

  it("is read, under the same URN and without a policy of ours, where it is foreign", async () => {
    const [own, foreign] = [await declare("ours"), await declare("foreign")];
    const urn = own.registrations.find(({ type }) => type === REPOSITORY)?.urn;
    expect(foreign.readings).toEqual([{ type: REPOSITORY, name: "pharos", id: "search", urn }]);
    expect(foreign.registrations.map(({ type }) => type)).not.toContain(POLICY);
  });

  it("keeps the newest images, and its policy stays with it", async () => {
    const { registrations } = await declare("ours");
    const policy = registrations.find(({ type }) => type === POLICY);
    expect(JSON.parse(String(policy?.inputs.policy)).rules).toEqual([
      expect.objectContaining({ selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 100 } }),
    ]);
    expect(policy?.options.retainOnDelete).toBe(true);
  });

  it("tells where it is", async () => {
    const { result } = await declare("absent");
    expect(await outputValue(result.repositoryUrl)).toBe("registry/search");
  });
});

describe("whose a repository is", () => {
  const find = async (names: readonly string[], tags: Readonly<Record<string, string>>) =>
    runProgram(() => findOwnership("search", "pharos/dev", {}), {
      functions: {
        "aws:ecr/getRepositories:getRepositories": () => ({ names }),
        "aws:ecr/getRepository:getRepository": ({ name }) => ({ name, tags }),
      },
    });

  it("is nobody's where there is none of that name", async () => {
    const { result, calls } = await find(["search-cache"], { "pulumi:owner": "pharos/dev" });
    expect(result).toBe("absent");
    expect(calls).toHaveLength(1);
  });

  it("is ours by our stack's tag alone", async () => {
    expect((await find(["search"], { "pulumi:owner": "pharos/dev" })).result).toBe("ours");
    expect((await find(["search"], { "pulumi:owner": "pharos/prod" })).result).toBe("foreign");
    expect((await find(["search"], {})).result).toBe("foreign");
  });

  it("is an error where AWS does not say, and never taken for an absent one", async () => {
    const denied = () => {
      throw new Error("AccessDeniedException");
    };
    const functions = { "aws:ecr/getRepositories:getRepositories": denied };
    await expect(runProgram(() => findOwnership("search", "pharos/dev", {}), { functions })).rejects.toThrow();
  });
});
