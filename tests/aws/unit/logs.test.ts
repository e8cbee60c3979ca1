import { expect, it } from "vitest";
import { Logs } from "../../../infrastructure/aws/logs.ts";
import { outputValue, runProgram, theOnly } from "../support/pulumi-mocks.ts";

it("has one log group, which forgets after the days that it is told", async () => {
  const { registrations, result } = await runProgram(() => new Logs("logs", { name: "pharos", retentionInDays: 30 }));
  const group = theOnly(registrations, "aws:cloudwatch/logGroup:LogGroup");
  expect(group.inputs).toEqual({ name: "/pharos/pharos", retentionInDays: 30 });
  expect(group.parent).toBe(theOnly(registrations, "pharos:aws:Logs").urn);
  expect(await outputValue(result.logGroupName)).toBe("/pharos/pharos");
  expect(await outputValue(result.logGroupArn)).toBe("arn:aws:cloudwatch:eu-central-1:123456789012:pharos");
});
