import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Log } from "../../domain/log.ts";
import { buildApplication } from "../../infrastructure/application.ts";
import { loadConfig } from "../../infrastructure/config/load.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { RUNTIMES, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TINY_HIDDEN, writeTinyModel } from "../support/tiny-onnx-model.ts";
import { replyEmbedding } from "../support/wires/bedrock-wire.ts";
import { startLoopback } from "../support/wires/loopback.ts";
import { replyEmbeddings } from "../support/wires/openai-wire.ts";

withAwsEnvironment(LOOPBACK_KEYS);

const pharos = fileURLToPath(new URL("../../bin/pharos.mjs", import.meta.url));
const silent: Log = { info() {}, warn() {}, error() {} };
const never = new AbortController().signal;

/** What a corpus's record and an error's message call each embedder. */
const EMBEDDERS = {
  openai: /openai\/text-embedding-3-small\/256/u,
  bedrock: /bedrock\/cohere\.embed-v4:0\/256/u,
  own: /transformers\/tiny\/8\/mean\/fp32\/[0-9a-f]{12}/u,
  lsa: /lsa-128-analyzer-\d+/u,
} as const;
const NAMES = Object.keys(EMBEDDERS) as (keyof typeof EMBEDDERS)[];

/** One corpus for each embedder; `shift` gives each corpus the embedder that is so many places further on. */
async function configFile(folder: string, shift: number): Promise<string> {
  const openai = await startLoopback((call) => replyEmbeddings(call, 256));
  const bedrock = await startLoopback((call) => replyEmbedding(call, 256));
  onTestFinished(async () => {
    await Promise.all([openai.close(), bedrock.close()]);
  });
  const file = join(folder, `pharos-${shift}.yaml`);
  const searches = NAMES.map(
    (name, place) => `  ${name}: { adapter: faiss, embedder: ${NAMES[(place + shift) % NAMES.length]} }\n`,
  );
  await writeFile(
    file,
    `embedders:
  openai: { adapter: openai, model: text-embedding-3-small, dimensions: 256, api_key: sk-loopback, base_url: "${openai.url}/v1" }
  bedrock: { adapter: bedrock, model: "cohere.embed-v4:0", dimensions: 256, region: us-east-1, endpoint: "${bedrock.url}" }
  own: { adapter: transformers, model: ./tiny, dimensions: ${TINY_HIDDEN} }
  lsa: { adapter: lsa }
searches:
${searches.join("")}`,
  );
  return file;
}

/** A data folder with a corpus of each embedder, and a config that names another for each. */
async function corporaOfOthers(): Promise<{ readonly data: string; readonly config: string; readonly folder: string }> {
  const folder = await temporaryFolder();
  const data = join(folder, "data");
  await writeTinyModel(join(folder, "tiny"));
  const config = await loadConfig({ configFile: await configFile(folder, 0), dataDirectory: data, variables: {} });
  const application = await buildApplication(config, silent);
  for (const name of NAMES) {
    for (const thing of ["lamp", "ferry", "tide", "fog"]) {
      await application.documents.put(name, { id: thing, text: `All of the ${thing}, and of the harbour.` }, never);
    }
    await application.adapters.corpus(name).settle(never);
  }
  await application.close();
  return { data, config: await configFile(folder, 1), folder };
}

/** The embedder that has built the corpus of this place, and the one that the config names. */
function embeddersOf(place: number): readonly RegExp[] {
  return [place, place + 1].map((at) => EMBEDDERS[NAMES[at % NAMES.length] ?? "lsa"]);
}

/** Runs `pharos` with these arguments. */
async function run(environment: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const [node] = RUNTIMES.node;
  const child = spawn(node, [pharos, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [words, code] = await Promise.all([text(child.stderr), ended]);
  return { code, words };
}

describe("a corpus that another embedder has built", () => {
  it("is neither searched nor written to, over HTTP and on the command line, and both embedders are named", async () => {
    const { data, config, folder } = await corporaOfOthers();
    const environment = { ...LOOPBACK_KEYS, HOME: folder, PHAROS_DATA: data, PHAROS_CONFIG: config };
    const { url, stop } = await startServiceProcess("node", { dataDirectory: data, environment });
    const ask = async (method: string, path: string, body: unknown) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
      return { status: response.status, problem: (await response.json()) as { code: string; detail: string } };
    };
    for (const [place, name] of NAMES.entries()) {
      for (const answer of [
        await ask("POST", "/search", { query: "the lamp", vector_search_type: name }),
        await ask("PUT", `/corpora/${name}/documents/new`, { text: "A new lamp." }),
      ]) {
        expect(answer, name).toMatchObject({ status: 503, problem: { code: "embedder-mismatch" } });
        for (const embedder of embeddersOf(place)) expect(answer.problem.detail).toMatch(embedder);
      }
    }
    await stop("SIGTERM");
    await writeFile(join(folder, "new.txt"), "A new lamp.");
    const commands = NAMES.map((name, place) =>
      place % 2 === 0
        ? ["search", "the lamp", "--search", name]
        : ["ingest", join(folder, "new.txt"), "--corpus", name],
    );
    const outcomes = await Promise.all(commands.map((args) => run(environment, ...args)));
    for (const [place, { code, words }] of outcomes.entries()) {
      expect(code, words).toBeGreaterThan(0);
      for (const embedder of embeddersOf(place)) expect(words).toMatch(embedder);
    }
  }, 120_000);
});
