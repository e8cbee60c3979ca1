import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { OWN_RUNTIME, type Runtime, type ServiceProcess, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { replyRanking, replyRerank, rerankInputOf } from "../support/wires/bedrock-rerank-wire.ts";
import { bedrockFailure } from "../support/wires/bedrock-wire.ts";
import { type ScriptedEmbedder, startScriptedEmbedder } from "../support/wires/scripted-embedder.ts";

const CONFIG = `
models: { extractive: { adapter: extractive } }
embedders: { lsa: { adapter: lsa } }
rerankers:
  cohere: { adapter: bedrock, model: "cohere.rerank-v3-5:0", region: eu-central-1 }
searches:
  faiss: { adapter: faiss, embedder: lsa, mode: sparse, rerank: { reranker: cohere, candidates: 2 } }
`;

/** What BM25 makes first, second and third of the query: by how often they say "harbour", and how short they are. */
const DOCUMENTS = {
  first: "The harbour, the harbour, the harbour.",
  second: "The harbour and the harbour have a lamp.",
  third: "Some harbour of a town far away has nothing else to tell.",
} as const;

async function start(runtime: Runtime): Promise<{ service: ServiceProcess; vendor: ScriptedEmbedder }> {
  const vendor = await startScriptedEmbedder(replyRerank);
  onTestFinished(() => vendor.loopback.close());
  const configFile = join(await temporaryFolder(), "pharos.yaml");
  await writeFile(configFile, CONFIG);
  const service = await startServiceProcess(runtime, {
    environment: {
      PHAROS_CONFIG: configFile,
      AWS_ACCESS_KEY_ID: "AKIALOOPBACK",
      AWS_SECRET_ACCESS_KEY: "loopback-secret",
      AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME: vendor.loopback.url,
    },
  });
  for (const [id, text] of Object.entries(DOCUMENTS)) {
    const { status } = await send(service, "PUT", `/corpora/faiss/documents/${id}`, { title: `Title ${id}`, text });
    expect(status).toBe(201);
  }
  return { service, vendor };
}

async function send(service: ServiceProcess, method: string, path: string, body: object, signal?: AbortSignal) {
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function search(service: ServiceProcess, topK = 3, signal?: AbortSignal) {
  const query = { query: "harbour lamp", vector_search_type: "faiss", top_k: topK };
  const { status, body } = await send(service, "POST", "/search", query, signal);
  const passages = (body.passages ?? []) as readonly { readonly document_id: string; readonly score: number }[];
  return { status, body, ids: passages.map((passage) => passage.document_id), scores: passages.map((p) => p.score) };
}

describe.each([OWN_RUNTIME])("a search with a reranker of Bedrock's on %s", (runtime) => {
  it("answers in the reranker's order, and lets a throttled reranker pass with a warning, but not a refused key", async () => {
    const { service, vendor } = await start(runtime);
    const engine = ["second", "first", "third"];
    const preferSecondOfTwo = {
      results: [0, 1].map((index) => ({ index, relevanceScore: index === 1 ? 0.75 : 0.25 })),
    };

    vendor.play((call) => replyRanking(call, preferSecondOfTwo));
    expect(await search(service)).toMatchObject({
      status: 200,
      ids: ["first", "second", "third"],
      scores: [0.75, 0.25, expect.closeTo(0, 0)],
      body: { warnings: [] },
    });
    const sent = rerankInputOf(vendor.loopback.calls[0] ?? expect.fail("The vendor was not asked."));
    expect(sent.sources?.map(({ inlineDocumentSource }) => inlineDocumentSource?.textDocument?.text)).toEqual([
      `Title second\n${DOCUMENTS.second}`,
      `Title first\n${DOCUMENTS.first}`,
    ]);

    vendor.play(bedrockFailure("rate-limited"));
    expect(await search(service)).toMatchObject({
      status: 200,
      ids: engine,
      body: { warnings: [expect.stringContaining("The reranker failed (rate-limited)")] },
    });
    vendor.play(bedrockFailure("vendor-auth"));
    expect(await search(service)).toMatchObject({ status: 502, body: { code: "vendor-auth" } });
    expect(JSON.stringify(service.log)).not.toContain("loopback-secret");
  });

  it("answers a prompt from the passages that the reranker chose", async () => {
    const { service, vendor } = await start(runtime);
    const question = { prompt: "harbour lamp", llm_name: "extractive", vector_search_type: "faiss", top_k: 1 };
    vendor.play((call) => replyRanking(call, { results: [{ index: 1, relevanceScore: 0.5 }] }));
    const { status, body } = await send(service, "POST", "/generate", question);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({ passages: [{ document_id: "first", score: 0.5 }], warnings: [] });
  });

  it("stops the reranker where the caller goes away", async () => {
    const { service, vendor } = await start(runtime);
    const stall = vendor.stall();
    const controller = new AbortController();
    const outcome = search(service, 3, controller.signal).catch((error: unknown) => error);
    await stall.reached;
    controller.abort();
    await stall.stopped;
    expect(await outcome).toBeInstanceOf(Error);
  });
});
