import * as aws from "@pulumi/aws";
import { ComponentResource, type Output } from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { outputValue, runProgram, theOnly } from "../support/pulumi-mocks.ts";

class Pair extends ComponentResource {
  readonly arn: Output<string>;

  constructor(name: string) {
    super("test:Pair", name);
    const first = new aws.sqs.Queue("first", { name: "one" }, { parent: this });
    const second = new aws.sqs.Queue(
      "second",
      { name: first.arn },
      {
        parent: this,
        protect: true,
        retainOnDelete: true,
        ignoreChanges: ["tags"],
        import: "two",
        deleteBeforeReplace: true,
        replaceOnChanges: ["name"],
        additionalSecretOutputs: ["url"],
        customTimeouts: { create: "5m" },
      },
    );
    this.arn = second.arn;
    this.registerOutputs();
  }
}

it("shows the inputs and the options of every resource", async () => {
  const { registrations, result } = await runProgram(() => new Pair("pair"));
  const first = theOnly(registrations, "aws:sqs/queue:Queue", "first");
  const second = theOnly(registrations, "aws:sqs/queue:Queue", "second");
  expect(registrations.map(({ name }) => name)).toEqual(["pair", "first", "second"]);
  expect(first.inputs).toEqual({ name: "one" });
  expect(second.inputs).toEqual({ name: "arn:aws:sqs:eu-central-1:123456789012:first" });
  expect(second.parent).toBe(theOnly(registrations, "test:Pair").urn);
  expect(second.options).toEqual({
    protect: true,
    retainOnDelete: true,
    ignoreChanges: ["tags"],
    import: "two",
    dependencies: [first.urn],
    replaceOnChanges: ["name"],
    deleteBeforeReplace: true,
    additionalSecretOutputs: ["url"],
    timeouts: { create: "5m", update: "", delete: "" },
  });
  expect(first.options).toMatchObject({ protect: undefined, retainOnDelete: undefined, ignoreChanges: [] });
  expect(await outputValue(result.arn)).toBe("arn:aws:sqs:eu-central-1:123456789012:second");
});

it("tells what is read from what is declared, and what providers are asked", async () => {
  const { registrations, readings, calls } = await runProgram(
    async () => {
      aws.sqs.Queue.get("foreign", "https://queue");
      return aws.getRegion({ region: "eu-west-1" });
    },
    { functions: { "aws:index/getRegion:getRegion": () => ({ id: "eu-west-1", region: "eu-west-1" }) } },
  );
  expect(registrations).toEqual([]);
  expect(readings).toMatchObject([{ type: "aws:sqs/queue:Queue", name: "foreign", id: "https://queue" }]);
  expect(calls).toEqual([{ token: "aws:index/getRegion:getRegion", inputs: { region: "eu-west-1" } }]);
});

it("fails a program that asks a provider what the test does not answer", async () => {
  await expect(runProgram(() => aws.getRegion({}))).rejects.toThrow(/which the test has no result for/);
});
