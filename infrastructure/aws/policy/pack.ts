import {
  PolicyPack,
  type PolicyResource,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import type { DeclaredResource, ResourceRule, StackRule } from "./rule.ts";
import { RESOURCE_RULES, STACK_RULES } from "./rules.ts";

// Run with `pulumi up --policy-pack infrastructure/aws/policy`: docs/operations.md. The rules are functions of their own, which the
// tests hold against every resource of the real program.
new PolicyPack("pharos", {
  enforcementLevel: "mandatory",
  policies: [...RESOURCE_RULES.map(resourcePolicy), ...STACK_RULES.map(stackPolicy)],
});

function resourcePolicy({ name, description, types, problems }: ResourceRule): ResourceValidationPolicy {
  return {
    name,
    description,
    validateResource({ type, name, urn, props }, reportViolation) {
      if (!types.includes(type)) return;
      for (const problem of problems({ type, name, urn, properties: props, dependencies: [] }))
        reportViolation(problem);
    },
  };
}

function stackPolicy({ name, description, problems }: StackRule): StackValidationPolicy {
  return {
    name,
    description,
    validateStack({ resources }, reportViolation) {
      for (const { urn, message } of problems(resources.map(declaredOf))) reportViolation(message, urn);
    },
  };
}

function declaredOf({ type, name, urn, props, propertyDependencies }: PolicyResource): DeclaredResource {
  const dependencies = Object.values(propertyDependencies).flatMap((resources) =>
    resources.map((resource) => resource.urn),
  );
  return { type, name, urn, properties: props, dependencies };
}
