import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEmbedding } from "../../adapters/outbound/lsa/embedding.ts";
import { lsaOptions } from "../../adapters/outbound/lsa/options.ts";
import { type Outcome, run, runWith, written } from "../support/command-line.ts";
import { openFaiss } from "../support/faiss.ts";
import { startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const TOPICS = ["lamp", "ferry", "tide", "crane", "anchor", "buoy", "rope", "gull", "wharf", "sail", "mast", "keel"];
const MOODS = ["old", "new", "red"];

/** 36 documents; two of three words of a query tell which one is meant. */
const DOCUMENTS = TOPICS.flatMap((topic) =>
  MOODS.map((mood) => ({
    _id: `${topic}-${mood}`,
    title: `${mood} ${topic} keeping`,
    text: `The ${mood} ${topic} of the harbour needs care. Each ${topic} is ${mood}.`,
  })),
);
const QUERIES = DOCUMENTS.map(({ _id }) => ({ _id: `q-${_id}`, text: `care of the ${_id.replace("-", " ")}` }));

const jsonl = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");

/** A config with two searches over LSA: one whose ranking is free, one that says its own. */
const CONFIG = `
embedders:
  lsa: { adapter: lsa }
searches:
  free: { adapter: faiss, embedder: lsa }
  words: { adapter: faiss, embedder: lsa, mode: sparse }
models:
  extractive: { adapter: extractive }
`;

/** A folder with the collection and the config. */
function collection(): Promise<string> {
  return written({
    "corpus.jsonl": jsonl(DOCUMENTS),
    "queries.jsonl": jsonl(QUERIES),
    "qrels.tsv": QUERIES.map(({ _id }) => `${_id}\t${_id.slice(2)}\t1`).join("\n"),
    "pharos.yaml": CONFIG,
  });
}

/** Runs `pharos` with the folder's config. */
async function pharos(folder: string, data: string, ...args: readonly string[]): Promise<Outcome> {
  const outcome = await runWith({ PHAROS_CONFIG: join(folder, "pharos.yaml") }, data, ...args);
  expect(outcome.code, outcome.progress).toBe(0);
  return outcome;
}

describe("pharos eval --compare", { timeout: 120_000 }, () => {
  it("compares the rankings that are asked for with BM25 alone, as JSON and as a Markdown table", async () => {
    const folder = await collection();
    const data = await temporaryFolder();
    const args = ["eval", "--collection", folder, "--compare", "dense,sparse,fused,fused:0.6"];
    const json = JSON.parse((await pharos(folder, data, ...args, "--json")).output);
    expect(json).toMatchObject({ queries: 36, baseline: "sparse" });
    expect(json.rows.map(({ name }: { name: string }) => name)).toEqual(["dense", "sparse", "fused 0.25", "fused 0.6"]);
    const baseline = json.rows[1];
    expect(Object.keys(baseline)).toEqual(["name", "ndcg@10", "recall@10", "recall@100", "mrr", "ms_per_query"]);
    for (const row of [json.rows[0], json.rows[2], json.rows[3]]) {
      expect(row.difference).toBeCloseTo(row["ndcg@10"] - baseline["ndcg@10"], 12);
      expect(row.p).toBeGreaterThan(0);
      expect(row.p_holm).toBeGreaterThanOrEqual(row.p);
      expect(row.p_holm).toBeLessThanOrEqual(1);
    }
    const { output } = await pharos(folder, data, ...args, "--markdown");
    const lines = output.trimEnd().split("\n");
    expect(lines[0]).toBe("| ranking | nDCG@10 | recall@10 | recall@100 | MRR | ms/query | to sparse | p | p (Holm) |");
    expect(lines).toHaveLength(6);
    expect(lines[3]).toMatch(/^\| sparse \| [01]\.\d{3} \| .* \| {2}\| {2}\| {2}\|$/u);
  });

  it("compares searches, each as the config has it", async () => {
    const folder = await collection();
    const args = ["eval", "--collection", folder, "--search", "free", "--search", "words"];
    const { output } = await pharos(folder, await temporaryFolder(), ...args);
    expect(output).toMatch(/^free .*\nwords .*$/mu);
    expect(output).toContain("Untuned, free ranks by fused 0.25 (the default).\n");
    expect(output).toContain("Untuned, words ranks by sparse (said by the config).\n");
  });

  it("says what is no ranking", async () => {
    const folder = await collection();
    const { code, progress } = await run(
      await temporaryFolder(),
      "eval",
      "--collection",
      folder,
      "--compare",
      "fused:2",
    );
    expect(code).toBe(1);
    expect(progress).toContain('"fused:2" is no ranking');
  });
});

/** Judgements that want exactly the ten documents that the vectors alone find, in their order. */
async function foundByVectors(directory: string): Promise<readonly string[]> {
  const { signal } = new AbortController();
  const opened = openFaiss({ directory, embedder: createEmbedding(lsaOptions.parse({})) });
  try {
    const lines = QUERIES.map(async ({ _id, text }) => {
      const ranking = { mode: "dense", denseWeight: 0.3 } as const;
      const { passages } = await opened.tuning.retrieveRanked(ranking, { query: text, topK: 10 }, signal);
      return passages.map(({ documentId }, index) => `${_id}\t${documentId}\t${10 - index}`);
    });
    return (await Promise.all(lines)).flat();
  } finally {
    await opened.close();
  }
}

describe("pharos tune", { timeout: 120_000 }, () => {
  it("keeps the choice of judged queries, which a running service follows with its next search", async () => {
    const folder = await collection();
    const data = await temporaryFolder();
    const service = await startServiceProcess("node", {
      dataDirectory: data,
      environment: { PHAROS_CONFIG: join(folder, "pharos.yaml") },
    });
    await pharos(folder, data, "ingest", join(folder, "corpus.jsonl"));
    const qrels = join(folder, "dense.tsv");
    await writeFile(qrels, (await foundByVectors(join(data, "free"))).join("\n"));
    const args = ["tune", "--queries", join(folder, "queries.jsonl"), "--qrels", qrels, "--json"];
    const tuned = JSON.parse((await pharos(folder, data, ...args)).output);
    expect(tuned).toMatchObject({
      corpus: "free",
      source: "judged",
      chosen: "dense",
      reason: "better",
      relevance_floor: null,
      kept: true,
      in_force: { ranking: "dense", source: "tuned" },
      comparison: { queries: 36, baseline: "fused 0.25" },
    });
    const response = await fetch(`${service.url}/search`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: QUERIES[0]?.text, vector_search_type: "free", top_k: 10 }),
    });
    const { passages } = (await response.json()) as { readonly passages: readonly { readonly document_id: string }[] };
    const judged = (await readFile(qrels, "utf8")).split("\n").slice(0, 10);
    expect(passages.map(({ document_id }) => document_id)).toEqual(judged.map((line) => line.split("\t")[1]));
  });

  it("makes queries of titles where none are given, says so, and changes nothing in a dry run", async () => {
    const folder = await collection();
    const data = await temporaryFolder();
    await pharos(folder, data, "ingest", join(folder, "corpus.jsonl"), "--corpus", "free");
    const { output } = await pharos(folder, data, "tune", "--corpus", "free", "--dry-run");
    expect(output).toMatch(/^free: measured with \d+ queries generated from the titles and headings of 36 documents/u);
    expect(output).toContain("which were searched without them");
    expect(output).toMatch(/^fused 0\.25 /mu);
    expect(output).toContain("No relevance floor: it wants at least 50 queries.");
    expect(output).toContain("Nothing was changed (--dry-run). In force: fused 0.25 (the default).");
  });

  it("says that the config goes before what it keeps", async () => {
    const folder = await collection();
    const data = await temporaryFolder();
    await pharos(folder, data, "ingest", join(folder, "corpus.jsonl"), "--corpus", "words");
    const { output } = await pharos(folder, data, "tune", "--corpus", "words");
    expect(output).toContain("In force: sparse (said by the config). The config says `mode` or `dense_weight` itself");
  });

  it("refuses queries without judgements, and judgements of another corpus", async () => {
    const folder = await collection();
    const data = await temporaryFolder();
    const alone = await run(data, "tune", "--queries", join(folder, "queries.jsonl"));
    expect(alone).toMatchObject({
      code: 1,
      progress: "--queries and --qrels belong together: give both, or neither.\n",
    });
    const foreign = await run(
      data,
      ...["tune", "--queries", join(folder, "queries.jsonl"), "--qrels", join(folder, "qrels.tsv")],
    );
    expect(foreign.progress).toContain("its document ids must be ids of the corpus");
  });
});
