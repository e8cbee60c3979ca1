import { describe, expect, it } from "vitest";
import {
  checkRollout,
  type ObservedDeployment,
  type ObservedService,
} from "../../../infrastructure/aws/smoke-rollout.ts";

const arnOf = (revision: number) => `arn:aws:ecs:eu-central-1:123456789012:task-definition/pharos:${revision}`;
const OURS = arnOf(7);

const deployment = (more: Partial<ObservedDeployment>): ObservedDeployment => ({
  status: "PRIMARY",
  taskDefinition: OURS,
  desiredCount: 2,
  runningCount: 2,
  ...more,
});

/** What ECS says look by look, the last of it again and again; the pauses are noted and take no time. */
async function check(looks: readonly (readonly ObservedDeployment[])[], events: ObservedService["events"] = []) {
  let look = 0;
  const pauses: number[] = [];
  const observe = async () => ({ deployments: looks[Math.min(look++, looks.length - 1)] ?? [], events });
  const found = await checkRollout(observe, OURS, async (milliseconds) => {
    pauses.push(milliseconds);
  }).catch((error: Error) => `${error.name}: ${error.message}`);
  return { found, pauses };
}

describe("the check of the rollout", () => {
  it("tells which task definition runs, and with how many tasks", async () => {
    expect(await check([[deployment({})]])).toEqual({
      found: "The service runs pharos:7 with 2 of 2 tasks.",
      pauses: [],
    });
  });

  it("waits for the tasks and for the former deployment to go", async () => {
    const former = deployment({ status: "ACTIVE", taskDefinition: arnOf(6) });
    const looks = [[deployment({ runningCount: 1 }), former], [deployment({}), former], [deployment({})]];
    expect(await check(looks)).toEqual({
      found: "The service runs pharos:7 with 2 of 2 tasks.",
      pauses: [5_000, 5_000],
    });
  });

  it("fails at once where the deployment was rolled back, with the service's latest events", async () => {
    const events = ["d", "c", "b", "a"].map((message) => ({ message }));
    expect(await check([[deployment({ taskDefinition: arnOf(6) })]], events)).toEqual({
      found:
        "SmokeFailure: The service runs pharos:6 and not pharos:7: the deployment was rolled back. " +
        "The service's latest events: d | c | b",
      pauses: [],
    });
  });

  it("fails where the rollback shows only at a later look", async () => {
    const looks = [
      [deployment({ runningCount: 0 }), deployment({ status: "ACTIVE", taskDefinition: arnOf(6) })],
      [deployment({ taskDefinition: arnOf(6) }), deployment({ status: "ACTIVE", runningCount: 0 })],
    ];
    expect((await check(looks)).found).toMatch(/runs pharos:6 and not pharos:7/u);
  });

  it("fails where the tasks never come to run, after five minutes", async () => {
    const { found, pauses } = await check([[deployment({ runningCount: 0 })]], [{ message: "unable to pull" }]);
    expect(found).toMatch(/pharos:7 does not come to run alone.*unable to pull/u);
    expect(pauses).toEqual(Array(59).fill(5_000));
  });

  it("fails where the service wants no task, and where it has no deployment", async () => {
    expect((await check([[deployment({ desiredCount: 0, runningCount: 0 })]])).found).toMatch(/does not come to run/u);
    expect((await check([[]])).found).toMatch(/runs no task definition and not pharos:7/u);
  });
});
