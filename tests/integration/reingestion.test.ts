import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Log } from "../../domain/log.ts";
import { type Application, buildApplication } from "../../infrastructure/application.ts";
import { loadConfig } from "../../infrastructure/config/load.ts";
import { LOOPBACK_KEYS, withAwsEnvironment } from "../support/aws-environment.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TINY_HIDDEN, writeTinyModel } from "../support/tiny-onnx-model.ts";
import { replyEmbedding } from "../support/wires/bedrock-wire.ts";
import { type Loopback, startLoopback } from "../support/wires/loopback.ts";
import { replyEmbeddings } from "../support/wires/openai-wire.ts";

withAwsEnvironment(LOOPBACK_KEYS);

const silent: Log = { info() {}, warn() {}, error() {} };
const never = new AbortController().signal;
const DIMENSIONS = 256;
const DOCUMENTS = Array.from({ length: 12 }, (_, index) => ({ id: `d${index}`, text: `The lamp ${index} is lit.` }));

async function wires(): Promise<{ readonly openai: Loopback; readonly bedrock: Loopback }> {
  const openai = await startLoopback((call) => replyEmbeddings(call, DIMENSIONS));
  const bedrock = await startLoopback((call) =>
    replyEmbedding(call, decodeURIComponent(call.path).includes("-v3") ? 1_024 : DIMENSIONS),
  );
  onTestFinished(async () => {
    await Promise.all([openai.close(), bedrock.close()]);
  });
  return { openai, bedrock };
}

/** Two corpora for each of three embedders; `cache` is the config's line about it. */
async function start(
  folder: string,
  { openai, bedrock }: Awaited<ReturnType<typeof wires>>,
  cache = "",
): Promise<Application> {
  const configFile = join(folder, "pharos.yaml");
  const searches = ["openai", "titan", "cohere"].flatMap((embedder) =>
    ["one", "other"].map((name) => `  ${embedder}-${name}: { adapter: faiss, embedder: ${embedder} }\n`),
  );
  const account = `region: us-east-1, endpoint: "${bedrock.url}", dimensions: ${DIMENSIONS}`;
  await writeFile(
    configFile,
    `embedders:
  openai: { adapter: openai, model: text-embedding-3-small, dimensions: ${DIMENSIONS}, api_key: sk-loopback, base_url: "${openai.url}/v1" }
  titan: { adapter: bedrock, model: "amazon.titan-embed-text-v2:0", ${account} }
  cohere: { adapter: bedrock, model: "cohere.embed-v4:0", ${account} }
searches:
${searches.join("")}${cache}`,
  );
  const config = await loadConfig({ configFile, dataDirectory: join(folder, "data"), variables: {} });
  const application = await buildApplication(config, silent);
  onTestFinished(() => application.close());
  return application;
}

async function ingest({ documents }: Application, corpus: string): Promise<void> {
  for (const { id, text } of DOCUMENTS) await documents.put(corpus, { id, text }, never);
}

async function removeAll({ adapters }: Application, corpus: string): Promise<void> {
  const ids = DOCUMENTS.map(({ id }) => id);
  expect(await adapters.corpus(corpus).remove(ids, never)).toBe(ids.length);
}

describe("an ingestion of what was embedded before", () => {
  for (const embedder of ["openai", "titan", "cohere"] as const) {
    it(`asks nothing of ${embedder}: not again, not for another corpus, and not after a restart`, async () => {
      const folder = await temporaryFolder();
      const vendors = await wires();
      const calls = () => vendors.openai.calls.length + vendors.bedrock.calls.length;
      const first = await start(folder, vendors);
      await ingest(first, `${embedder}-one`);
      expect(calls()).toBe(DOCUMENTS.length);
      await removeAll(first, `${embedder}-one`);
      await ingest(first, `${embedder}-one`);
      await ingest(first, `${embedder}-other`);
      expect(calls()).toBe(DOCUMENTS.length);
      await removeAll(first, `${embedder}-one`);
      await first.close();
      const second = await start(folder, vendors);
      await ingest(second, `${embedder}-one`);
      expect(calls()).toBe(DOCUMENTS.length);
      await second.documents.put(`${embedder}-one`, { id: "new", text: "The fog lifts." }, never);
      expect(calls()).toBe(DOCUMENTS.length + 1);
      const request = { query: "lamp 7", topK: 3 };
      const { passages } = await second.searchPassages.search(`${embedder}-other`, request, never);
      expect(passages.map(({ documentId }) => documentId)).toContain("d7");
    });
  }

  it("reports the one document whose passage is longer than the model takes, and keeps the others", async () => {
    const folder = await temporaryFolder();
    const vendors = await wires();
    const configFile = join(folder, "pharos.yaml");
    await writeFile(
      configFile,
      `embedders: { cohere: { adapter: bedrock, model: "cohere.embed-english-v3", dimensions: 1024, region: us-east-1, endpoint: "${vendors.bedrock.url}" } }
searches: { notes: { adapter: faiss, embedder: cohere, mode: dense } }
ingestion: { chunk_tokens: 512 }`,
    );
    const config = await loadConfig({ configFile, dataDirectory: join(folder, "data"), variables: {} });
    const application = await buildApplication(config, silent);
    onTestFinished(() => application.close());
    const long = "Lighthouses illuminate dangerous coastlines. ".repeat(60);
    const lines = [
      { id: "short", text: "The lamp is lit." },
      { id: "long", text: long },
      { id: "last", text: "Fog." },
    ];
    await writeFile(join(folder, "notes.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
    const paths = [join(folder, "notes.jsonl")];
    const report = await application.documents.ingest({ corpus: "notes", paths, settle: false }, never);
    expect(report).toMatchObject({ added: 2, failed: 1 });
    expect(report.failures[0]?.reason).toMatch(/has \d+ characters, and the model takes 2048/u);
  });

  it("asks the vendor again where the cache is turned off", async () => {
    const folder = await temporaryFolder();
    const vendors = await wires();
    const application = await start(folder, vendors, "embedding_cache: { max_bytes: 0 }\n");
    await ingest(application, "openai-one");
    await ingest(application, "openai-other");
    expect(vendors.openai.calls).toHaveLength(2 * DOCUMENTS.length);
  });

  it("embeds with a model of one's own, and starts its process only where something is new", async () => {
    const folder = await temporaryFolder();
    await writeTinyModel(join(folder, "tiny"));
    const configFile = join(folder, "pharos.yaml");
    await writeFile(
      configFile,
      `embedders: { own: { adapter: transformers, model: ./tiny, dimensions: ${TINY_HIDDEN} } }
searches: { one: { adapter: faiss, embedder: own }, other: { adapter: faiss, embedder: own } }`,
    );
    const config = await loadConfig({ configFile, dataDirectory: join(folder, "data"), variables: {} });
    const first = await buildApplication(config, silent);
    onTestFinished(() => first.close());
    await first.documents.put("one", { id: "d", text: "The lamp is lit." }, never);
    await first.close();
    const second = await buildApplication(config, silent);
    onTestFinished(() => second.close());
    expect(second.adapters.corpora).toEqual(["one", "other"]);
    await rm(join(folder, "tiny"), { recursive: true });
    await second.documents.put("other", { id: "d", text: "The lamp is lit." }, never);
    await expect(second.documents.put("other", { id: "e", text: "The fog lifts." }, never)).rejects.toMatchObject({
      code: "not-configured",
    });
  });
});
