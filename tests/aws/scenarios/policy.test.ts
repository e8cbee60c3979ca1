import { describe, expect, it } from "vitest";
import type { DeclaredResource } from "../../../infrastructure/aws/policy/rule.ts";
import { problemsOf, RESOURCE_RULES } from "../../../infrastructure/aws/policy/rules.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import type { ResourceState } from "../support/engine/deployment.ts";
import { EngineStack } from "../support/engine/engine-stack.ts";
import { expectSuccess } from "./repository-cases.ts";

const CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000";

/** The most that a stack can have: open to everybody, over HTTPS, an image that it builds, and a vendor outside of AWS. */
const CONFIG = {
  "aws:region": "eu-central-1",
  "pharos:allowedCidrs": "0.0.0.0/0",
  "pharos:keysSecret": "pharos-keys",
  "pharos:certificateArn": CERTIFICATE,
  "pharos:secrets": '{"OPENAI_API_KEY":"openai-key"}',
  "pharos:smokeTest": "rollout",
};

const TASK = "aws:ecs/taskDefinition:TaskDefinition";

/** What the program declared, as the policy pack is told of it. */
function declaredOf({ isCustom, inputs, isRetainedOnDelete, propertyDependencies, ...rest }: ResourceState) {
  const dependencies = Object.values(propertyDependencies).flat();
  return { ...rest, properties: inputs, retainOnDelete: isRetainedOnDelete, dependencies } satisfies DeclaredResource;
}

describe("the program", { timeout: 120_000 }, () => {
  it("keeps every rule of the policy pack", async () => {
    const stack = await EngineStack.create(await temporaryFolder());
    expectSuccess(await stack.up({ config: CONFIG }));
    const declared = stack.resources().map(declaredOf);
    expect(problemsOf(declared)).toEqual([]);

    // The rules did look at something: the very resources that they are about are there, and one that is bent is told.
    const types = new Set(declared.map(({ type }) => type));
    expect(RESOURCE_RULES.filter((rule) => rule.types.some((type) => types.has(type))).map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...["no-wildcard-permission", "no-open-resource-policy", "no-open-port", "load-balancer-drops-bad-headers"],
        ...["deployment-rolls-back", "no-public-task", "locked-container", "public-access-is-blocked", "log-ends"],
        ...["encrypted-task-disk", "kept-repository"],
      ]),
    );
    const writable = (text: unknown) =>
      String(text).replace('"readonlyRootFilesystem":true', '"readonlyRootFilesystem":false');
    const broken = declared.map((resource) => {
      const { containerDefinitions } = resource.properties;
      return resource.type === TASK
        ? { ...resource, properties: { containerDefinitions: writable(containerDefinitions) } }
        : resource;
    });
    expect(problemsOf(broken).map(({ message }) => message)).toEqual([
      "locked-container: lets pharos write its root file system",
    ]);
  });
});
