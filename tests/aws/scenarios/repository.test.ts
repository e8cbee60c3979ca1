import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cloud, type Contents } from "../support/cloud/cloud.ts";
import type { ResourceState } from "../support/engine/deployment.ts";
import { type Outcome, Stack } from "../support/engine/stack.ts";

const REPOSITORY = "aws:ecr/repository:Repository";
const CONFIG = { "aws:region": "eu-central-1" };
const CHANGED = { ...CONFIG, "pharos:minTasks": "3", "pharos:logRetentionDays": "90" };

interface Case {
  readonly name: string;
  readonly cloud: Cloud;
  readonly state: readonly ResourceState[];
  /** What the engine does with the repository, in the first `up`, a second one, one with another config, and `destroy`. */
  readonly expected: readonly [string, string, string, string];
}

/** What a deployed stack left: in the cloud, and in its state. */
let deployed: { readonly contents: Contents; readonly state: readonly ResourceState[] };
const rows: string[][] = [];

beforeAll(async () => {
  const cloud = new Cloud();
  const stack = new Stack("dev", cloud);
  expectSuccess(await stack.up({ config: CONFIG }));
  deployed = { contents: cloud.contents(), state: stack.state };
});

afterAll(() => {
  const heads = ["the repository is", "up", "up again", "up, other config", "destroy", "deleted"];
  const table = [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  console.log(`\n${table.join("\n")}`);
});

describe.concurrent("the repository of the images, which the program makes or takes", () => {
  it("is made where there is none, and retained", () =>
    survives({ name: "absent", cloud: new Cloud(), state: [], expected: ["create", "same", "same", "retained"] }));

  it("stays as it is where the stack has it", () =>
    survives({
      name: "ours, in the state",
      cloud: new Cloud(deployed.contents),
      state: deployed.state,
      expected: ["same", "same", "same", "retained"],
    }));

  it("is imported where the stack has lost it", () =>
    survives({
      name: "ours, lost from the state",
      cloud: new Cloud(deployed.contents),
      state: deployed.state.filter(({ type }) => type !== REPOSITORY),
      expected: ["import", "same", "same", "retained"],
    }));

  it("is read where it is somebody else's", () =>
    survives({
      name: "foreign",
      cloud: withTags({ "pulumi:owner": "another/stack" }),
      state: [],
      expected: ["read", "read", "read", "left alone"],
    }));

  it("is given up, and not deleted, where our tag was taken away", () =>
    survives({
      name: "ours once, without our tag now",
      cloud: withTags({}),
      state: deployed.state,
      expected: ["read", "read", "read", "left alone"],
    }));
});

/** Runs a case to its end and writes its row of the table. */
async function survives({ name, cloud, state, expected }: Case): Promise<void> {
  const stack = new Stack("dev", cloud);
  stack.state = state;
  const outcomes = [
    await stack.up({ config: CONFIG }),
    await stack.up({ config: CONFIG }),
    await stack.up({ config: CHANGED }),
    stack.destroy(),
  ];
  const told = outcomes.map(operationsOf);
  const deletions = cloud.contents().deletions.filter((deletion) => deletion.startsWith(REPOSITORY));
  rows.push([name, ...told, deletions.length === 0 ? "never" : deletions.join()]);
  for (const outcome of outcomes) expectSuccess(outcome);
  expect(told).toEqual(expected);
  expect(deletions).toEqual([]);
  expect([...cloud.all(REPOSITORY).keys()]).toContain("pharos");
}

function operationsOf({ steps }: Outcome): string {
  const own = steps.filter(({ type, name }) => type === REPOSITORY && name === "pharos");
  const words = own.map(({ operation, isLeftAlone }) => {
    if (operation === "discard") return "left alone";
    return operation === "delete" && isLeftAlone ? "retained" : operation;
  });
  return words.join(", ");
}

/** The deployed cloud, its repository with other tags. */
function withTags(tags: Readonly<Record<string, string>>): Cloud {
  const cloud = new Cloud(deployed.contents);
  const found = cloud.read(REPOSITORY, "pharos");
  cloud.update(REPOSITORY, "pharos", { ...found?.inputs, tags });
  return cloud;
}

function expectSuccess({ hasSucceeded, logs }: Outcome): void {
  expect({ hasSucceeded, logs }).toEqual({ hasSucceeded: true, logs: expect.any(String) });
}
