import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loading, problemsOf } from "../../support/config.ts";

describe("A search of the config", () => {
  it("has a search follow a published snapshot where its entry or PHAROS_SNAPSHOT names a place, and else none", async () => {
    const entry = `{ adapter: kendra, index_id: "${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}", region: eu-west-1, snapshot: "\${PHAROS_SNAPSHOT:-}" }`;
    const followed = async (variables: Record<string, string>) =>
      (await loading(`searches: { boats: ${entry} }`, variables)).searches[0]?.snapshot;
    expect(await followed({})).toBeUndefined();
    expect(await followed({ PHAROS_SNAPSHOT: "s3://bucket/boats" })).toEqual({
      url: "s3://bucket/boats",
      everyMs: 60_000,
    });
    expect(await problemsOf(`searches: { boats: ${entry} }`, { PHAROS_SNAPSHOT: "bucket/boats" })).toEqual([
      "searches.boats.snapshot: must be s3://bucket/prefix or file:///folder",
    ]);
  });

  it("checks a search's reranking whatever its adapter, and keeps it from the adapter's own options", async () => {
    const yaml = `
embedders: { lsa: { adapter: lsa } }
rerankers: { fine: { adapter: bedrock, model: "amazon.rerank-v1:0", region: eu-central-1 } }
searches:
  faiss: { adapter: faiss, embedder: lsa, rerank: { reranker: fine } }
  kendra: { adapter: kendra, index_id: i, region: eu-west-1, rerank: { reranker: fine, candidates: 100 } }
  plain: { adapter: faiss, embedder: lsa }
`;
    const { searches, rerankers } = await loading(yaml);
    expect(rerankers.map(({ name }) => name)).toEqual(["fine"]);
    expect(searches.map(({ rerank }) => rerank)).toEqual([
      { reranker: "fine", candidates: 50 },
      { reranker: "fine", candidates: 100 },
      undefined,
    ]);
  });

  it("accepts the rerankers that the shipped config shows, once their marks are taken away", async () => {
    const shipped = await readFile(resolve(import.meta.dirname, "../../../pharos.yaml"), "utf8");
    const { rerankers } = await loading(shipped.replace(/^# (?=rerankers:| {2}\S+: \{)/gmu, ""));
    expect(rerankers).toMatchObject([
      { name: "cohere-rerank", missing: [] },
      { name: "amazon-rerank", missing: [] },
    ]);
  });

  it("lists what is wrong with rerankers and with what names them, beside the other problems", async () => {
    const problems = await problemsOf(`
embedders: { lsa: { adapter: lsa, rerank: { reranker: fine } } }
rerankers:
  fine: { adapter: bedrock, model: "amazon.rerank-v1:0", region: eu-central-1, top: 3 }
  lost: { adapter: faiss }
searches:
  a: { adapter: faiss, embedder: lsa, rerank: { reranker: finer, candidates: 0, on_failure: stop } }
  b: { adapter: faiss, embedder: lsaa, rerank: fine }
  c: { adapter: kendra, index_id: i, region: eu-west-1, rerank: { candidates: 101 } }
`);
    expect(problems).toEqual([
      "embedders.lsa.rerank: unknown key",
      "rerankers.fine.top: unknown key",
      'rerankers.lost.adapter: no adapter "faiss"; known are bedrock, or the path of a module: ./mine.ts',
      "searches.a.rerank.candidates: must be at least 1",
      "searches.a.rerank.on_failure: unknown key",
      "searches.b.rerank: must be a mapping",
      "searches.c.rerank.reranker: is missing",
      "searches.c.rerank.candidates: must be at most 100",
      'searches.a.rerank.reranker: no reranker "finer"; known are fine, lost',
      'searches.b.embedder: no embedder "lsaa"; known are lsa',
    ]);
  });

  it("keeps a search whose reranking lacks a variable, and says which", async () => {
    const { searches } = await loading(`
embedders: { lsa: { adapter: lsa } }
searches: { a: { adapter: faiss, embedder: lsa, rerank: { reranker: "\${RERANKER}" } } }
`);
    expect(searches).toMatchObject([{ name: "a", missing: ["RERANKER"] }]);
  });

  it.each(["中文库", "a/../../x", "a/b", "..", "/a", "a/"])("refuses %s as the name of a search", async (name) => {
    expect(await problemsOf(`searches: { ${name}: { adapter: kendra, index_id: i, region: eu-west-1 } }`)).toEqual([
      `searches.${name}: a search's name has 1 to 128 letters, digits, and . _ : -, and begins with a letter or digit`,
    ]);
  });

  it("reads what is to happen where a search fails, and refuses what it does not know", async () => {
    const yaml = (policy: string) => `
embedders: { lsa: { adapter: lsa } }
searches:
  a: { adapter: faiss, embedder: lsa }
  b: { adapter: faiss, embedder: lsa, on_failure: ${policy} }
`;
    const { searches, resilience } = await loading(yaml("stale-cache"));
    expect(searches.map(({ onFailure }) => onFailure)).toEqual(["fail", "stale-cache"]);
    expect(resilience).toMatchObject({ attempts: 3, first_token_ms: 30_000, breaker: { min_failures: 5 } });
    expect(resilience.hedge_percentile).toBeUndefined();
    expect(await problemsOf(yaml("retry"))).toEqual([
      "searches.b.on_failure: must be one of fail, answer-ungrounded, stale-cache",
    ]);
  });
});
