import { expect } from "vitest";
import type { Outcome, Stack } from "../support/stack.ts";

export const REPOSITORY = "aws:ecr/repository:Repository";
export const CONFIG = { "aws:region": "eu-central-1" };
const CHANGED = { ...CONFIG, "pharos:minTasks": "3", "pharos:logRetentionDays": "90" };

/** How a run finds the repository, and what the engine is to do with it in `up`, a second one, one with another config, and `destroy`. */
interface RepositoryCase {
  readonly name: string;
  /** @param fresh makes a stack that was never deployed @param deployed one that was, once */
  readonly stack: (fresh: () => Promise<Stack>, deployed: Stack) => Promise<Stack>;
  readonly expected: readonly [string, string, string, string];
}

export const REPOSITORY_CASES: readonly RepositoryCase[] = [
  {
    name: "absent",
    stack: (fresh) => fresh(),
    expected: ["create", "same", "same", "retained"],
  },
  {
    name: "ours, in the state",
    stack: (_fresh, deployed) => deployed.copy({}),
    expected: ["same", "same", "same", "retained"],
  },
  {
    name: "ours, lost from the state",
    stack: (_fresh, deployed) => deployed.copy({ forgets: REPOSITORY }),
    expected: ["import", "same", "same", "retained"],
  },
  {
    name: "foreign",
    stack: (_fresh, deployed) =>
      deployed.copy({
        forgets: "everything",
        keepsOnly: REPOSITORY,
        repositoryTags: { "pulumi:owner": "another/stack" },
      }),
    expected: ["read", "read", "read", "left alone"],
  },
  {
    name: "ours once, without our tag now",
    stack: (_fresh, deployed) => deployed.copy({ repositoryTags: {} }),
    expected: ["read", "read", "read", "left alone"],
  },
];

/** Runs a case to its end. @returns its row of the table: its name, what was done in each run, and whether the repository was deleted */
export async function runRepositoryCase({ name, expected }: RepositoryCase, stack: Stack): Promise<readonly string[]> {
  const outcomes = [
    await stack.up({ config: CONFIG }),
    await stack.up({ config: CONFIG }),
    await stack.up({ config: CHANGED }),
    await stack.destroy(),
  ];
  const told = outcomes.map(operationsOf);
  for (const outcome of outcomes) expectSuccess(outcome);
  expect(told).toEqual(expected);
  const deletions = stack
    .cloud()
    .contents()
    .deletions.filter((deletion) => deletion === `${REPOSITORY} pharos`);
  expect(deletions).toEqual([]);
  expect([...stack.cloud().all(REPOSITORY).keys()]).toContain("pharos");
  return [name, ...told, "never"];
}

/** The rows as a table of Markdown. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const heads = ["the repository is", "up", "up again", "up, other config", "destroy", "deleted"];
  return [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function operationsOf({ steps }: Outcome): string {
  const own = steps.filter(({ type, name }) => type === REPOSITORY && name === "pharos");
  const words = own.map(({ operation, isLeftAlone }) => {
    if (operation === "discard") return "left alone";
    return operation === "delete" && isLeftAlone ? "retained" : operation;
  });
  return words.join(", ");
}

export function expectSuccess({ hasSucceeded, logs }: Outcome): void {
  expect({ hasSucceeded, logs }).toEqual({ hasSucceeded: true, logs: expect.any(String) });
}
