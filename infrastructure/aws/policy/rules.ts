import { CONTAINER_RULES } from "./container-rules.ts";
import { NETWORK_RULES, NETWORK_STACK_RULES } from "./network-rules.ts";
import { PERMISSIONS_RULES } from "./permissions-rules.ts";
import type { DeclaredResource, ResourceRule, StackProblem, StackRule } from "./rule.ts";
import { STORAGE_RULES, STORAGE_STACK_RULES } from "./storage-rules.ts";

export const RESOURCE_RULES: readonly ResourceRule[] = [
  ...PERMISSIONS_RULES,
  ...NETWORK_RULES,
  ...CONTAINER_RULES,
  ...STORAGE_RULES,
];

export const STACK_RULES: readonly StackRule[] = [...NETWORK_STACK_RULES, ...STORAGE_STACK_RULES];

/** Everything that is wrong with the resources of a stack, each with the rule's name before its message; [] where nothing is. */
export function problemsOf(resources: readonly DeclaredResource[]): readonly StackProblem[] {
  const alone = RESOURCE_RULES.flatMap((rule) =>
    resources
      .filter(({ type }) => rule.types.includes(type))
      .flatMap((resource) => rule.problems(resource).map((message) => ({ urn: resource.urn, message, rule }))),
  );
  const together = STACK_RULES.flatMap((rule) => rule.problems(resources).map((problem) => ({ ...problem, rule })));
  return [...alone, ...together].map(({ urn, message, rule }) => ({ urn, message: `${rule.name}: ${message}` }));
}
