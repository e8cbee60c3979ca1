import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { collectAnswer } from "../../application/answers.ts";
import type { Log } from "../../domain/log.ts";
import { type Application, buildApplication } from "../../infrastructure/application.ts";
import { loadConfig } from "../../infrastructure/config/load.ts";
import { questionOf } from "../support/passages.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const never = new AbortController().signal;

/** By its address: a module in a temporary folder finds no package by its name. */
const zod = new URL("../../node_modules/zod/index.js", import.meta.url).href;

/** Adapters of someone else's: a model that says its option, and a search with one passage. */
const MODULES = {
  "model.ts": `
    import { z } from "${zod}";
    export const options = z.strictObject({ words: z.string() });
    export const create = ({ words }, { log }) => ({
      contextTokens: 8192,
      supports: new Set(),
      async complete() { throw new Error("not asked"); },
      async *stream() {
        yield { type: "delta", text: words };
        yield { type: "finish", finishReason: "stop", warnings: [], usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 } };
      },
      async close() { log.info({}, "model closed"); },
    });`,
  "search.ts": `
    import { z } from "${zod}";
    export const options = z.strictObject({});
    export const create = (_, { directory }) => ({
      retrieval: {
        async retrieve() {
          return { passages: [{ id: "p", documentId: "d", text: "The lamp is lit at dusk.", score: 1, title: directory }], embedMs: 0, warnings: [] };
        },
      },
    });`,
  "harbour.ts": `
    import { z } from "${zod}";
    export const options = z.strictObject({});
    export const create = (_, { log }) => ({
      retrieval: {
        async retrieve({ topK }) {
          const passages = ["The lamp is old.", "The pier is long.", "The lamp is lit at dusk."];
          return { passages: passages.map((text, index) => ({ id: text, documentId: "d", text, score: 1 - index / 10 })).slice(0, topK), embedMs: 0, warnings: [] };
        },
        async close() { log.info({}, "search closed"); },
      },
    });`,
  "reranker.ts": `
    import { z } from "${zod}";
    export const options = z.strictObject({ wanted: z.string() });
    export const create = ({ wanted }, { log }) => ({
      maxBatch: 10,
      maxCharacters: 1000,
      async rerank({ texts, topN }) {
        const ranked = texts.map((text, index) => ({ index, score: text.includes(wanted) ? 0.9 : 0.1 }));
        return ranked.toSorted((one, other) => other.score - one.score).slice(0, topN);
      },
      async close() { log.info({}, "reranker closed"); },
    });`,
};

async function application(yaml: string, log: Log = silent): Promise<Application & { readonly folder: string }> {
  const folder = await temporaryFolder();
  for (const [name, source] of Object.entries(MODULES)) await writeFile(join(folder, name), source);
  const configFile = join(folder, "pharos.yaml");
  await writeFile(configFile, yaml);
  const built = await buildApplication(await loadConfig({ configFile, dataDirectory: folder, variables: {} }), log);
  onTestFinished(() => built.close());
  return { ...built, folder };
}

const FOREIGN = `
models:
  mine: { adapter: ./model.ts, words: "The lamp is lit at dusk [1]." }
  keyless: { adapter: openai, model: gpt-4o, api_key: "\${SOME_KEY}", context_tokens: 8192 }
searches:
  theirs: { adapter: ./search.ts }
  faiss: { adapter: faiss, embedder: lsa }
  faiss-openai: { adapter: faiss, embedder: remote }
embedders:
  lsa: { adapter: lsa }
  remote: { adapter: openai, model: text-embedding-3-small, dimensions: 8, api_key: "\${OTHER_KEY}" }
`;

const RERANKED = `
rerankers:
  by-dusk: { adapter: ./reranker.ts, wanted: dusk }
  by-pier: { adapter: ./reranker.ts, wanted: pier }
  remote: { adapter: bedrock, model: "cohere.rerank-v3-5:0", region: "\${RERANK_REGION}" }
searches:
  plain: { adapter: ./harbour.ts }
  dusk: { adapter: ./harbour.ts, rerank: { reranker: by-dusk } }
  two: { adapter: ./harbour.ts, rerank: { reranker: by-pier, candidates: 2 } }
  keyless: { adapter: ./harbour.ts, rerank: { reranker: remote } }
`;

describe("the container", () => {
  it("answers through adapters of someone else's, by the paths of their modules", async () => {
    const { answers, folder } = await application(FOREIGN);
    const answer = await collectAnswer(answers.stream(questionOf("When?", { model: "mine", search: "theirs" }), never));
    expect(answer).toMatchObject({
      text: "The lamp is lit at dusk [1].",
      citations: [{ verified: true, title: join(folder, "theirs") }],
    });
  });

  it("closes what it made, and nothing else", async () => {
    const messages: string[] = [];
    const log: Log = { ...silent, info: (_, message) => messages.push(message) };
    const unused = await application(FOREIGN, log);
    await unused.close();
    expect(messages).toEqual([]);
    const used = await application(FOREIGN, log);
    used.adapters.completion("mine");
    await used.close();
    expect(messages).toEqual(["model closed"]);
  });

  it("closes every target of a model and of its fallbacks once, whoever made them", async () => {
    const messages: string[] = [];
    const log: Log = { ...silent, info: (_, message) => messages.push(message) };
    const one = "{ adapter: ./model.ts, words: x }";
    const yaml = `
models:
  several: { targets: [${one}, ${one}], fallbacks: [plain] }
  plain: { adapter: ./model.ts, words: x, fallbacks: [last] }
  last: ${one}
  unused: ${one}
`;
    const { adapters, close } = await application(yaml, log);
    adapters.completion("several");
    adapters.completion("plain");
    await close();
    expect(messages).toEqual(Array.from({ length: 4 }, () => "model closed"));
  });

  it("gives the same instance for the same name", async () => {
    const { adapters } = await application(FOREIGN);
    expect(adapters.completion("mine")).toBe(adapters.completion("mine"));
  });

  it("leaves out what lacks a variable, a search whose embedder lacks one too, and says which", async () => {
    const { adapters } = await application(FOREIGN);
    expect([adapters.models, adapters.searches]).toEqual([["mine"], ["theirs", "faiss"]]);
    expect(() => adapters.completion("keyless")).toThrow(
      expect.objectContaining({ code: "not-configured", message: expect.stringContaining("SOME_KEY") }),
    );
    expect(() => adapters.retrieval("faiss-openai")).toThrow(
      expect.objectContaining({ code: "not-configured", message: expect.stringContaining("OTHER_KEY") }),
    );
    expect(adapters.status()).toContainEqual({
      kind: "search",
      name: "faiss-openai",
      available: false,
      reason: "the variable OTHER_KEY is not set",
    });
  });

  it("ranks a search's passages anew with the reranker that its entry names, and closes both", async () => {
    const messages: string[] = [];
    const log: Log = { ...silent, info: (_, message) => messages.push(message) };
    const { adapters, searchPassages, close } = await application(RERANKED, log);
    const best = async (search: string) =>
      (await searchPassages.search(search, { query: "When?", topK: 1 }, never)).passages.map(({ text }) => text);
    expect(await best("plain")).toEqual(["The lamp is old."]);
    expect(await best("dusk")).toEqual(["The lamp is lit at dusk."]);
    expect(await best("two")).toEqual(["The pier is long."]);
    expect(() => adapters.corpus("dusk")).toThrow(expect.objectContaining({ code: "corpus-read-only" }));
    await close();
    expect(messages.toSorted()).toEqual([
      "reranker closed",
      "reranker closed",
      ...Array.from({ length: 3 }, () => "search closed"),
    ]);
  });

  it("leaves out a search whose reranker lacks a variable, and says which", async () => {
    const { adapters } = await application(RERANKED);
    expect(adapters.searches).toEqual(["plain", "dusk", "two"]);
    expect(adapters.status()).toContainEqual({
      kind: "search",
      name: "keyless",
      available: false,
      reason: "the variable RERANK_REGION is not set",
    });
  });

  it("gives embedders by their names, but for one that learns from a corpus", async () => {
    const { adapters } = await application(`
embedders:
  lsa: { adapter: lsa }
  titan: { adapter: bedrock, model: "amazon.titan-embed-text-v2:0", dimensions: 256, region: eu-central-1 }
  remote: { adapter: openai, model: text-embedding-3-small, dimensions: 8, api_key: "\${OTHER_KEY}" }
`);
    expect(adapters.embedders).toEqual(["titan"]);
    expect(adapters.embedding("titan")).toMatchObject({ kind: "fixed", dimensions: 256 });
    const supported = ["titan"];
    expect(() => adapters.embedding("ada")).toThrow(expect.objectContaining({ code: "unsupported-model", supported }));
    expect(() => adapters.embedding("remote")).toThrow(
      expect.objectContaining({ code: "not-configured", message: expect.stringContaining("OTHER_KEY"), supported }),
    );
    expect(() => adapters.embedding("lsa")).toThrow(
      expect.objectContaining({ code: "invalid-request", problems: [expect.objectContaining({ field: "model" })] }),
    );
  });

  it("names what there is where a name is unknown, and what cannot be written to", async () => {
    const { adapters } = await application(FOREIGN);
    expect(() => adapters.completion("gpt-0")).toThrow(
      expect.objectContaining({ code: "unsupported-model", message: "Unsupported model: gpt-0", supported: ["mine"] }),
    );
    expect(() => adapters.retrieval("pinecone")).toThrow(
      expect.objectContaining({ code: "unsupported-vector-db", message: "Unsupported vector DB: pinecone" }),
    );
    expect(() => adapters.corpus("theirs")).toThrow(expect.objectContaining({ code: "corpus-read-only" }));
    expect(() => adapters.corpus("nowhere")).toThrow(expect.objectContaining({ code: "not-found" }));
  });
});
