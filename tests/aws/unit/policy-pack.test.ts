import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import rpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { expect, it, onTestFinished } from "vitest";
import { RESOURCE_RULES, STACK_RULES } from "../../../infrastructure/aws/policy/rules.ts";
import { messageOf } from "../support/engine/unary.ts";
import type { Values } from "../support/engine/values.ts";

const PACK = fileURLToPath(new URL("../../../infrastructure/aws/policy", import.meta.url));
const RUN = fileURLToPath(import.meta.resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js"));

/** The pack in a process of its own, started as pulumi-language-nodejs starts it; it prints its port. */
async function startPack(): Promise<rpc.AnalyzerClient> {
  const child = spawn(process.execPath, [RUN, "127.0.0.1:9", PACK], {
    cwd: PACK,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill();
  });
  const port = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the pack ended with ${code}`)));
  });
  const client = new rpc.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  onTestFinished(() => client.close());
  return client;
}

const OPTIONS = new messages.AnalyzerResourceOptions().setCustomtimeouts(
  new messages.AnalyzerResourceOptions.CustomTimeouts(),
);

/** Calls a method of the pack. */
function call<Response>(method: (done: (error: unknown, response: Response) => void) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    method((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

it("is served with every rule as a mandatory policy, and tells a resource that breaks one", {
  timeout: 60_000,
}, async () => {
  const client = await startPack();
  const info = await call<messages.AnalyzerInfo>((done) => client.getAnalyzerInfo(new empty.Empty(), done));
  expect(info.getName()).toBe("pharos");
  expect(info.getPoliciesList().map((policy) => [policy.getName(), policy.getEnforcementlevel()])).toEqual(
    [...RESOURCE_RULES, ...STACK_RULES].map(({ name }) => [name, messages.EnforcementLevel.MANDATORY]),
  );

  const urn = (type: string) => `urn:pulumi:dev::pharos::${type}::index`;
  const LOG = "aws:cloudwatch/logGroup:LogGroup";
  const analyze = async (properties: Values) => {
    const request = new messages.AnalyzeRequest().setType(LOG).setUrn(urn(LOG)).setName("index").setOptions(OPTIONS);
    const response = await call<messages.AnalyzeResponse>((done) =>
      client.analyze(request.setProperties(messageOf(properties)), done),
    );
    return response.getDiagnosticsList().map((one) => one.getMessage());
  };
  expect(await analyze({ retentionInDays: 30 })).toEqual([]);
  expect(await analyze({})).toEqual([expect.stringContaining("keeps its log for ever")]);

  const BUCKET = "aws:s3/bucket:Bucket";
  const bucket = new messages.AnalyzerResource()
    .setType(BUCKET)
    .setUrn(urn(BUCKET))
    .setName("index")
    .setOptions(OPTIONS);
  const stack = await call<messages.AnalyzeResponse>((done) =>
    client.analyzeStack(
      new messages.AnalyzeStackRequest().setResourcesList([bucket.setProperties(messageOf({}))]),
      done,
    ),
  );
  expect(stack.getDiagnosticsList().map((one) => [one.getUrn(), one.getPolicyname()])).toEqual(
    Array(3).fill([urn(BUCKET), "private-encrypted-bucket"]),
  );
});
