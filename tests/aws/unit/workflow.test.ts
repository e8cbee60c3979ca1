import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const step = z.strictObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
  env: z.record(z.string(), z.string()).default({}),
});
const job = z.strictObject({
  if: z.string().optional(),
  needs: z.string().optional(),
  "runs-on": z.string(),
  "timeout-minutes": z.number(),
  environment: z.string().optional(),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.union([z.boolean(), z.string()]) }),
  steps: z.array(step),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({ pull_request: z.null(), push: z.strictObject({ branches: z.array(z.string()) }) }),
  permissions: z.strictObject({}),
  jobs: z.strictObject({ test: job, preview: job, up: job }),
});

const text = await readFile(new URL("../../../.github/workflows/main.yml", import.meta.url), "utf8");
const { jobs, on } = workflow.parse(parse(text));
const steps = Object.values(jobs).flatMap((one) => one.steps);

/** Steps of a job that use an action. */
const using = (name: keyof typeof jobs, action: string) =>
  jobs[name].steps.filter(({ uses }) => uses?.startsWith(`${action}@`));

describe("the workflow", () => {
  it("tests pull requests and main, with the command that everybody runs", () => {
    expect(on).toEqual({ pull_request: null, push: { branches: ["main"] } });
    expect(jobs.test.if).toBeUndefined();
    expect(jobs.test.steps.map(({ run }) => run).filter((run) => run !== undefined)).toEqual(["npm ci", "npm test"]);
  });

  it("previews pull requests of the repository itself, and puts up main alone, once it is tested", () => {
    expect(jobs.preview.if).toMatch(
      /github\.event_name == 'pull_request'.*head\.repo\.full_name == github\.repository/su,
    );
    expect(using("preview", "pulumi/actions").map(({ with: { command } }) => command)).toEqual(["preview"]);
    expect(jobs.up.if).toMatch(/github\.event_name == 'push' && github\.ref == 'refs\/heads\/main'/u);
    expect(jobs.up.needs).toBe("test");
    expect(using("up", "pulumi/actions").map(({ with: { command } }) => command)).toEqual(["up"]);
  });

  it("names every action by its commit, and says in words which version that is", () => {
    const lines = text.split("\n").filter((line) => /\buses:/u.test(line));
    expect(lines).toHaveLength(steps.filter(({ uses }) => uses !== undefined).length);
    for (const line of lines) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/u);
  });

  it("gives no job more than it needs, and the token of OpenID Connect to those alone that ask AWS", () => {
    expect(Object.fromEntries(Object.entries(jobs).map(([name, { permissions }]) => [name, permissions]))).toEqual({
      test: { contents: "read" },
      preview: { contents: "read", "id-token": "write", "pull-requests": "write" },
      up: { contents: "read", "id-token": "write" },
    });
    for (const { with: inputs } of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
      expect(inputs["persist-credentials"]).toBe(false);
  });

  it("keeps no key of AWS or of Pulumi: the roles are an environment's, and the one secret is a caller's key", () => {
    expect(text).not.toMatch(/aws-access-key-id|aws-secret-access-key|AWS_SECRET|PULUMI_ACCESS_TOKEN|PASSPHRASE/iu);
    expect(new Set(text.match(/secrets\.\w+/gu))).toEqual(new Set(["secrets.PHAROS_SMOKE_KEY"]));
    expect([jobs.test.environment, jobs.preview.environment, jobs.up.environment]).toEqual([
      undefined,
      "preview",
      "production",
    ]);
    for (const name of ["preview", "up"] as const)
      expect(using(name, "aws-actions/configure-aws-credentials")[0]?.with).toMatchObject({
        "role-to-assume": expect.stringMatching(/\{ vars\.AWS_ROLE_ARN \}/u),
      });
  });

  it("never cuts an update off, runs one at a time, and bounds every job", () => {
    expect(jobs.up.concurrency).toEqual({ group: "up", "cancel-in-progress": false });
    for (const { "timeout-minutes": minutes } of Object.values(jobs)) expect(minutes).toBeLessThanOrEqual(90);
  });

  it("holds the policy pack against what it previews and puts up", () => {
    for (const name of ["preview", "up"] as const)
      expect(using(name, "pulumi/actions")[0]?.with.policyPacks).toBe("infrastructure/aws/policy");
  });

  it("builds for both architectures, and asks the service by its own name in the end", () => {
    expect(using("up", "docker/setup-qemu-action")).toHaveLength(1);
    expect(using("up", "docker/setup-buildx-action")).toHaveLength(1);
    expect(jobs.up.steps.at(-1)?.run).toBe('node infrastructure/aws/smoke-command.ts --url "$PHAROS_URL"');
  });

  it("puts no value of an event into a shell", () => {
    for (const { run } of steps) expect(run ?? "").not.toContain("${{");
  });
});
