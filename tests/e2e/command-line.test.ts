import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, runWith, written } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const NOTES = {
  "notes/harbour.md":
    "# The harbour\n\nThe ferry to Brownsea island leaves at a quarter past nine.\n\n## Tickets\n\nA ticket costs four pounds.\n",
  "notes/灯塔.txt": "灯塔建于一八五零年。灯塔每天黄昏点亮。",
  "notes/people.jsonl": '{"id":"ida","text":"Ida keeps the lamp of the lighthouse.","role":"keeper"}\nnot json\n',
};

describe("pharos", () => {
  it("ingests files and folders, reports each broken line, ends with 1 for those, and finds nothing to do the second time", async () => {
    const folder = await written(NOTES);
    const data = await temporaryFolder();
    const first = await run(data, "ingest", join(folder, "notes"), "--json");
    expect(JSON.parse(first.output)).toEqual({ corpus: "faiss", added: 3, replaced: 0, unchanged: 0, failed: 1 });
    expect(first.progress).toContain("people.jsonl:2: The line is not valid JSON.");
    const second = await run(data, "ingest", join(folder, "notes"));
    expect(second.output).toBe("faiss: 0 added, 0 replaced, 3 unchanged, 1 failed\n");
    expect([first.code, second.code]).toEqual([1, 1]);
    const whole = await run(data, "ingest", join(folder, "notes/harbour.md"));
    expect(whole).toMatchObject({ code: 0, output: "faiss: 1 added, 0 replaced, 0 unchanged, 0 failed\n" });
  });

  it("ingests tables by the fields that the config names, and by those of the command line before them", async () => {
    const folder = await written({
      "pharos.yaml":
        "models: { extractive: { adapter: extractive } }\nembedders: { lsa: { adapter: lsa } }\nsearches: { faiss: { adapter: faiss, embedder: lsa } }\ningestion: { fields: { id: sku, title: name, text: body } }\n",
      "stock.csv": "sku;name;body;hint;price\nA-1;Lamp;The lamp burns whale oil.;Trim its wick weekly.;19.50\n",
      "others.csv": "code,words\n1,x\n",
    });
    const data = await temporaryFolder();
    const config = { PHAROS_CONFIG: join(folder, "pharos.yaml") };
    const first = await runWith(config, data, "ingest", join(folder, "stock.csv"), join(folder, "others.csv"));
    expect(first).toMatchObject({ code: 1, output: "faiss: 1 added, 0 replaced, 0 unchanged, 1 failed\n" });
    expect(first.progress).toContain(
      "others.csv: It has no column `sku`, `name`, `body`; its columns are `code`, `words`.\n",
    );
    const fields = ["--field", "text=body", "--field", "text=hint", "--field", "metadata=price"];
    const second = await runWith(config, data, "ingest", join(folder, "stock.csv"), ...fields);
    expect(second).toMatchObject({ code: 0, output: "faiss: 0 added, 1 replaced, 0 unchanged, 0 failed\n" });
    const found = JSON.parse((await runWith(config, data, "search", "trim the wick", "--json")).output);
    expect(found.passages[0]).toMatchObject({
      document_id: "A-1",
      title: "Lamp",
      text: "The lamp burns whale oil.\n\nTrim its wick weekly.",
      uri: join(folder, "stock.csv"),
      metadata: { price: 19.5 },
    });
    const wrong = await Promise.all(
      ["words=body", "id=b"].map((field) =>
        runWith(config, data, "ingest", folder, "--field", "id=a", "--field", field),
      ),
    );
    for (const { code, output, progress } of wrong)
      expect([code, output, progress]).toEqual([1, "", expect.stringContaining("--field")]);
  });

  it("asks and searches what was ingested, in English and in Chinese", async () => {
    const folder = await written(NOTES);
    const data = await temporaryFolder();
    await run(data, "ingest", join(folder, "notes"));
    const asked = await run(data, "ask", "What does a ticket cost?");
    expect(asked.output).toContain("A ticket costs four pounds. [1]");
    expect(asked.output).toContain("[1] The harbour › Tickets — ");
    const json = JSON.parse((await run(data, "ask", "灯塔建于哪一年？", "--llm", "extractive", "--json")).output);
    expect(json).toMatchObject({
      response: expect.stringContaining("灯塔建于一八五零年。"),
      model: "extractive",
      finish_reason: "stop",
      timing_ms: { total: expect.any(Number) },
    });
    expect(json.citations[0]).toMatchObject({ document_id: "notes/灯塔.txt", verified: true });
    const found = JSON.parse((await run(data, "search", "who keeps the lamp", "--top-k", "1", "--json")).output);
    expect(found.passages).toMatchObject([{ document_id: "ida", metadata: { role: "keeper" } }]);
    expect(Object.keys(found)).toEqual(["passages", "timing_ms", "warnings"]);
    expect((await run(data, "search", "ferry ticket")).output).toMatch(/^1\. 1\.000 {2}The harbour/u);
  });

  it("shows what everybody may read, and as somebody what that user may read", { timeout: 60_000 }, async () => {
    const folder = await written({
      "log/open.md": "The harbour log lies open.",
      "log/ada.md": "---\nreaders: { users: [ada] }\n---\nThe harbour log of ada.",
      "log/crew.jsonl": '{"id":"crew","text":"The harbour log of the crew.","readers":{"groups":["crew"]}}\n',
      "log/lost.md": "---\nreaders: ada\n---\nThe harbour log that nobody can place.",
    });
    const data = await temporaryFolder();
    const ingested = await run(data, "ingest", join(folder, "log"), "--json");
    expect(JSON.parse(ingested.output)).toMatchObject({ added: 3, failed: 1 });
    expect(ingested.progress).toContain("lost.md: The readers cannot be understood");
    const found = async (...as: readonly string[]) => {
      const { passages } = JSON.parse((await run(data, "search", ...as, "harbour log", "--json")).output);
      return passages.map(({ document_id }: { document_id: string }) => document_id).toSorted();
    };
    expect(await found()).toEqual(["log/open.md"]);
    expect(await found("--user", "ada")).toEqual(["log/ada.md", "log/open.md"]);
    expect(await found("--user", "ada", "--group", "cooks", "--group", "crew")).toEqual([
      "crew",
      "log/ada.md",
      "log/open.md",
    ]);
    const asked = await run(data, "ask", "--user", "bob", "--group", "crew", "Whose is the log of the crew?");
    expect(asked.output).toContain("The harbour log of the crew. [1]");
    expect((await run(data, "ask", "Whose is the log of the crew?")).output).not.toContain("of the crew.");
  });

  it("measures a search on a judged collection, and leaves the data folder alone", async () => {
    const folder = await written({
      "corpus.jsonl": ["lamp", "ferry", "tide"]
        .map((word) => JSON.stringify({ _id: word, title: word, text: `All of the ${word}.` }))
        .join("\n"),
      "queries.jsonl":
        '{"_id":"q1","text":"the lamp"}\n{"_id":"q2","text":"the tide"}\n{"_id":"q3","text":"nobody judged"}\n',
      "qrels.tsv": "query-id\tcorpus-id\tscore\nq1\tlamp\t1\nq2\tferry\t1\n",
    });
    const data = await temporaryFolder();
    const { output, code } = await run(data, "eval", "--collection", folder, "--json");
    expect(code).toBe(0);
    const measures = JSON.parse(output);
    expect(Object.keys(measures)).toEqual([
      "search",
      "queries",
      "ndcg@10",
      "recall@10",
      "recall@100",
      "mrr",
      "ms_per_query",
    ]);
    expect(measures.queries).toBe(2);
    expect(measures.mrr).toBeGreaterThanOrEqual(0.5);
    expect((await run(data, "search", "lamp")).output).toBe("No passage matches.\n");
  });

  it("says what is wrong in words, and ends with 1", async () => {
    const data = await temporaryFolder();
    const lost = await run(data, "ingest", join(data, "absent.md"));
    expect(lost).toMatchObject({ code: 1, output: "", progress: expect.stringContaining("absent.md") });
    const unknown = await run(data, "ask", "?", "--llm", "gpt-0");
    expect(unknown.progress).toMatch(/Unsupported model: gpt-0\nSupported: extractive/u);
    expect(unknown.progress).not.toMatch(/ at .*\.ts/u);
    expect((await run(data, "search", "x", "--top-k", "0")).code).toBe(1);
  });

  it("refuses an empty prompt, and one that is longer than the config allows", async () => {
    const data = await temporaryFolder();
    const [blank, query, long] = await Promise.all([
      run(data, "ask", " "),
      run(data, "search", ""),
      run(data, "ask", "x".repeat(8_001)),
    ]);
    expect(blank).toMatchObject({ code: 1, output: "", progress: "The prompt is empty.\n" });
    expect(query).toMatchObject({ code: 1, output: "", progress: "The query is empty.\n" });
    expect(long).toMatchObject({
      code: 1,
      progress: "The prompt has 8001 characters; limits.prompt_characters allows 8000.\n",
    });
  });

  it("tells its version", async () => {
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await run(await temporaryFolder(), "--version")).toEqual({ code: 0, output: `${version}\n`, progress: "" });
  });
});
