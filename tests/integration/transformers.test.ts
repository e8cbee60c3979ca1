import { cp, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { TransformersEmbedding } from "../../adapters/outbound/transformers/embedding.ts";
import { problemsOfModel } from "../../adapters/outbound/transformers/model-files.ts";
import { startModel } from "../../adapters/outbound/transformers/model-process.ts";
import { transformersOptions } from "../../adapters/outbound/transformers/options.ts";
import type { Log, LogFields } from "../../domain/log.ts";
import { processEnd } from "../support/process-end.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TINY_HIDDEN, tinyRow, writeTinyModel } from "../support/tiny-onnx-model.ts";
import { startLoopback } from "../support/wires/loopback.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const never = new AbortController().signal;
const silent: Log = { info() {}, warn() {}, error() {} };

type Options = Partial<ReturnType<typeof transformersOptions.parse>>;

async function tinyFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await writeTinyModel(join(folder, "tiny"));
  return folder;
}

/** Options of the tiny model in a folder that stands for the config's. */
async function open(options: Options = {}, folder?: string) {
  const configDirectory = folder ?? (await tinyFolder());
  const parsed = transformersOptions.parse({ model: "./tiny", dimensions: TINY_HIDDEN, ...options });
  const context = { directory: join(configDirectory, "data"), configDirectory, log: silent };
  const port = new TransformersEmbedding(parsed, context);
  onTestFinished(() => port.close());
  return port;
}

function unit(...pieces: readonly string[]): number[] {
  const sum = Array.from({ length: TINY_HIDDEN }, (_, index) =>
    pieces.reduce((total, piece) => total + (tinyRow(piece)[index] ?? 0), 0),
  );
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

function expectNear(vector: Float32Array | undefined, expected: readonly number[]): void {
  expect(vector).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(vector?.[index]).toBeCloseTo(value, 5);
}

/** A short text beside a long one, so that the short one is padded. */
const TEXTS = ["ab", "c d e fgh 12"];
const LONG = ["c", "d", "e", "f", "##g", "##h", "1", "##2"];

describe("a model of one's own", () => {
  const poolings = [
    ["mean", unit("[CLS]", "a", "##b", "[SEP]"), unit("[CLS]", ...LONG, "[SEP]")],
    ["cls", unit("[CLS]"), unit("[CLS]")],
    ["last", unit("[SEP]"), unit("[SEP]")],
  ] as const;
  for (const [pooling, short, long] of poolings) {
    it(`makes one vector out of a text's tokens and of no padding by \`${pooling}\``, async () => {
      const port = await open({ pooling });
      const vectors = await port.embed({ texts: TEXTS, purpose: "document" }, never);
      expectNear(vectors[0], short);
      expectNear(vectors[1], long);
    });
  }

  it("puts the prefix of their purpose before the texts", async () => {
    const port = await open({ query_prefix: "q: ", document_prefix: "p: " });
    for (const [purpose, letter] of [
      ["query", "q"],
      ["document", "p"],
    ] as const) {
      const [vector] = await port.embed({ texts: ["ab"], purpose }, never);
      expectNear(vector, unit("[CLS]", letter, "[UNK]", "a", "##b", "[SEP]"));
    }
  });

  it("reads no more of a text than `max_tokens`, or than the tokenizer says that the model takes", async () => {
    const short = await open({ max_tokens: 5 });
    expectNear(
      (await short.embed({ texts: ["abcdefg"], purpose: "query" }, never))[0],
      unit("[CLS]", "a", "##b", "##c", "##d"),
    );
    const full = await open();
    const [vector] = await full.embed({ texts: ["a ".repeat(10_000)], purpose: "query" }, never);
    expectNear(vector, unit("[CLS]", ...Array.from({ length: 63 }, () => "a")));
  });

  it("reads the ONNX file that `dtype` names", async () => {
    const folder = await temporaryFolder();
    await writeTinyModel(join(folder, "tiny"), { file: "model_quantized.onnx" });
    const port = await open({ dtype: "q8" }, folder);
    expectNear((await port.embed({ texts: ["ab"], purpose: "query" }, never))[0], unit("[CLS]", "a", "##b", "[SEP]"));
  });

  it("has another name where anything is different that changes its vectors", async () => {
    const folder = await tinyFolder();
    const names = [
      await open({}, folder),
      await open({ pooling: "cls" }, folder),
      await open({ max_tokens: 9 }, folder),
    ];
    names.push(await open({ query_prefix: "q " }, folder), await open({ document_prefix: "q " }, folder));
    const before = names.map(({ name }) => name);
    const same = await open({}, folder);
    expect(same.name).toBe(before[0]);
    expect(same.name).toMatch(/^transformers\/tiny\/8\/mean\/fp32\/[0-9a-f]{12}$/u);
    await cp(join(folder, "tiny"), join(folder, "moved", "tiny"), { recursive: true });
    expect((await open({ model: "./moved/tiny" }, folder)).name).toBe(before[0]);
    await writeTinyModel(join(folder, "tiny"), { rows: 75 });
    before.push((await open({}, folder)).name);
    expect(new Set(before).size).toBe(6);
  });

  it("starts no process before it is asked, one for all calls, and ends it when it is closed", async () => {
    const port = await open();
    expect(port.pid).toBeUndefined();
    await Promise.all([1, 2, 3].map((n) => port.embed({ texts: [`${n}`], purpose: "document" }, never)));
    const { pid = 0 } = port;
    await port.close();
    await processEnd(pid);
    await expect(port.embed({ texts: ["a"], purpose: "query" }, never)).rejects.toMatchObject({
      code: "shutting-down",
    });
  });

  it("lets a caller go at once who aborts while the model works, and answers the next", async () => {
    const port = await open();
    await port.embed({ texts: ["a"], purpose: "query" }, never);
    process.kill(port.pid ?? 0, "SIGSTOP");
    const controller = new AbortController();
    const gone = port.embed({ texts: ["b"], purpose: "query" }, controller.signal);
    const waits = port.embed({ texts: ["ab"], purpose: "query" }, never);
    controller.abort();
    await expect(gone).rejects.toMatchObject({ code: "cancelled" });
    process.kill(port.pid ?? 0, "SIGCONT");
    expectNear((await waits)[0], unit("[CLS]", "a", "##b", "[SEP]"));
  });

  it("is started again where its process is killed, and the call under way is answered", async () => {
    const port = await open();
    await port.embed({ texts: ["a"], purpose: "query" }, never);
    const { pid = 0 } = port;
    process.kill(pid, "SIGSTOP");
    const work = port.embed({ texts: ["ab"], purpose: "query" }, never);
    process.kill(pid, "SIGKILL");
    expectNear((await work)[0], unit("[CLS]", "a", "##b", "[SEP]"));
    expect(port.pid).not.toBe(pid);
  });

  it("fails with `vendor-unavailable` where it dies twice over a call, says so in the log, and works again later", async () => {
    const folder = await tinyFolder();
    let deaths = 2;
    const warnings: LogFields[] = [];
    const start = () => {
      const child = startModel();
      if (deaths-- > 0) child.kill("SIGKILL");
      return child;
    };
    const log: Log = { ...silent, warn: (fields) => warnings.push(fields) };
    const options = transformersOptions.parse({ model: "./tiny", dimensions: TINY_HIDDEN });
    const port = new TransformersEmbedding(options, { directory: folder, configDirectory: folder, log }, start);
    onTestFinished(() => port.close());
    const request = { texts: ["a"], purpose: "query" } as const;
    await expect(port.embed(request, never)).rejects.toMatchObject({ code: "vendor-unavailable", retryable: true });
    expect(warnings).toHaveLength(2);
    expect(await port.embed(request, never)).toHaveLength(1);
  });

  it("is not downloaded unless the config says so, and then once", async () => {
    const folder = await tinyFolder();
    const hub = await startLoopback(async ({ path, response }) => {
      const file = /^\/somebody\/tiny\/resolve\/main\/(.+)$/u.exec(path)?.[1];
      const content = await readFile(join(folder, "tiny", file ?? "none")).catch(() => undefined);
      if (content === undefined) response.writeHead(404).end();
      else response.writeHead(200, { "content-length": content.length }).end(content);
    });
    onTestFinished(() => hub.close());
    const remote = { model: "somebody/tiny", hub_url: hub.url };
    const request = { texts: ["ab"], purpose: "query" } as const;
    const offline = await open(remote, folder);
    await expect(offline.embed(request, never)).rejects.toMatchObject({
      code: "not-configured",
      message: expect.stringContaining("allow_download"),
    });
    expect(hub.calls).toHaveLength(0);
    const online = await open({ ...remote, allow_download: true }, folder);
    expectNear((await online.embed(request, never))[0], unit("[CLS]", "a", "##b", "[SEP]"));
    expect(hub.calls.length).toBeGreaterThan(0);
    await hub.close();
    const later = await open(remote, folder);
    expectNear((await later.embed(request, never))[0], unit("[CLS]", "a", "##b", "[SEP]"));
  });

  it("says `vendor-unavailable` where it may be downloaded, and nobody is there", async () => {
    const hub = await startLoopback(() => undefined);
    await hub.close();
    const port = await open({ model: "somebody/tiny", hub_url: hub.url, allow_download: true });
    await expect(port.embed({ texts: ["a"], purpose: "query" }, never)).rejects.toMatchObject({
      code: "vendor-unavailable",
      retryable: true,
    });
  });

  it("is a problem of the config where its folder or files of it are not there", async () => {
    const folder = await tinyFolder();
    const options = transformersOptions.parse({ model: "./tiny", dimensions: 8 });
    expect(problemsOfModel(options, folder)).toEqual([]);
    expect(problemsOfModel({ ...options, model: "somebody/tiny" }, folder)).toEqual([]);
    const message = `the folder ${join(folder, "tiny")} lacks onnx/model_quantized.onnx`;
    expect(problemsOfModel({ ...options, dtype: "q8" }, folder)).toEqual([{ field: "model", message }]);
    await rm(join(folder, "tiny"), { recursive: true });
    expect(problemsOfModel(options, folder)).toMatchObject([{ message: expect.stringContaining("config.json") }]);
  });

  it("names the package and the command that installs it where it is not there", async () => {
    const folder = await tinyFolder();
    // The adapter in a project that has zod and nothing else.
    for (const part of ["domain", "adapters/outbound/transformers"]) {
      await cp(join(PROJECT, part), join(folder, part), { recursive: true });
    }
    await mkdir(join(folder, "node_modules"));
    await symlink(join(PROJECT, "node_modules", "zod"), join(folder, "node_modules", "zod"));
    await cp(join(PROJECT, "package.json"), join(folder, "package.json"));
    const load = (file: string) =>
      import(/* @vite-ignore */ pathToFileURL(join(folder, "adapters/outbound/transformers", file)).href);
    const { problemsOfModel: problems } = await load("model-files.ts");
    const command = "npm install @huggingface/transformers";
    const options = transformersOptions.parse({ model: "./tiny", dimensions: 8 });
    expect(problems(options, folder)).toMatchObject([{ field: "adapter", message: expect.stringContaining(command) }]);
    const { createEmbedding } = await load("embedding.ts");
    const port = createEmbedding(options, { directory: folder, configDirectory: folder, log: silent });
    onTestFinished(() => port.close());
    await expect(port.embed({ texts: ["a"], purpose: "query" }, never)).rejects.toMatchObject({
      code: "not-configured",
      message: expect.stringContaining(command),
    });
  });
});
