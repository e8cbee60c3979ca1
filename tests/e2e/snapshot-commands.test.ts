import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runWith } from "../support/command-line.ts";
import { OWN_RUNTIME, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CONFIG = `
models: { extractive: { adapter: extractive } }
embedders: { lsa: { adapter: lsa }, remote: { adapter: openai, model: text-embedding-3-small, dimensions: 256, api_key: sk-nobody, base_url: "http://127.0.0.1:9/v1" } }
searches:
  faiss: { adapter: faiss, embedder: lsa }
  remote: { adapter: faiss, embedder: remote }
  kendra: { adapter: kendra, index_id: 00000000-0000-0000-0000-000000000000, region: eu-central-1 }
`;

async function scene() {
  const folder = await temporaryFolder();
  const [config, data, snapshot] = ["pharos.yaml", "data", "backups/monday"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(data);
  await writeFile(config, CONFIG);
  const documents = join(folder, "tides.jsonl");
  const tides = ["spring", "neap", "slack"].map((name) => ({ id: name, text: `The ${name} tide has a name.` }));
  await writeFile(documents, tides.map((tide) => JSON.stringify(tide)).join("\n"));
  const environment = { PHAROS_CONFIG: config };
  const run = (...args: readonly string[]) => runWith(environment, data, ...args);
  return { folder, data, snapshot, documents, environment, run };
}

describe("pharos snapshot", { timeout: 120_000 }, () => {
  it("creates, verifies and restores, and says in words and in JSON what the snapshot holds", async () => {
    const { snapshot, documents, run } = await scene();
    await run("ingest", documents);
    const made = await run("snapshot", "create", snapshot);
    expect(made).toMatchObject({ code: 0, output: expect.stringContaining(`faiss was written to ${snapshot}: `) });
    expect(made.output).toMatch(
      /generation \d+, 3 documents, 3 passages, 3 vectors of lsa-.* dimensions\), \d+ bytes/u,
    );
    const verified = await run("snapshot", "verify", snapshot, "--json");
    expect(verified.code).toBe(0);
    const { whole, problems, snapshot: said } = JSON.parse(verified.output);
    expect({ whole, problems }).toEqual({ whole: true, problems: [] });
    expect(said).toMatchObject({ corpus: "faiss", documents: 3, passages: 3, vectors: 3 });
    await writeFile(documents, '{"id":"neap","text":"Another text about the neap tide."}');
    expect((await run("ingest", documents)).output).toContain("1 replaced");
    const restored = await run("snapshot", "restore", snapshot, "--corpus", "faiss", "--json");
    expect(restored.code).toBe(0);
    const { corpus, generation, snapshot: held } = JSON.parse(restored.output);
    expect({ corpus, held }).toEqual({ corpus: "faiss", held: said });
    expect(generation).toBeGreaterThan(held.generation);
    expect((await run("search", "neap tide", "--top-k", "1")).output).toContain("The neap tide has a name.");
  });

  it("prints every problem of a snapshot, a line each, and ends with 1", async () => {
    const { snapshot, documents, run } = await scene();
    await run("ingest", documents);
    await run("snapshot", "create", snapshot);
    await truncate(join(snapshot, "corpus.sqlite"), 4_096);
    await writeFile(join(snapshot, "manifest.json"), " ", { flag: "a" });
    const verified = await run("snapshot", "verify", snapshot);
    expect(verified.code).toBe(1);
    expect(verified.output.trim().split("\n")).toEqual([
      "manifest.json: was changed after it was written",
      expect.stringMatching(/^corpus\.sqlite: has 4096 bytes, must have \d+$/u),
    ]);
    const restored = await run("snapshot", "restore", snapshot);
    expect(restored).toMatchObject({ code: 1, output: "" });
    expect(restored.progress).toContain("corpus.sqlite has 4096 bytes");
    expect((await run("snapshot", "verify", join(snapshot, "nowhere"))).progress).toContain("There is no snapshot at");
  });

  it("refuses what an engine cannot do, and a snapshot of another embedder, by name", async () => {
    const { snapshot, documents, run } = await scene();
    const kendra = await run("snapshot", "create", snapshot, "--corpus", "kendra");
    expect(kendra).toMatchObject({ code: 1, output: "" });
    expect(kendra.progress).toContain(
      "The search kendra neither makes nor restores snapshots.\nSupported: faiss, remote",
    );
    await run("ingest", documents);
    await run("snapshot", "create", snapshot);
    expect((await run("snapshot", "create", snapshot)).progress).toContain("There is something at");
    const other = await run("snapshot", "restore", snapshot, "--corpus", "remote");
    expect(other.code).toBe(1);
    expect(other.progress).toMatch(/made with the embedder lsa-.*, the config names .*text-embedding-3-small/u);
  });

  it.each([OWN_RUNTIME])("fills an empty data folder before a service on %s starts there", async (runtime) => {
    const { folder, snapshot, documents, environment, run } = await scene();
    await run("ingest", documents);
    await run("snapshot", "create", snapshot);
    const fresh = join(folder, "fresh");
    await mkdir(fresh);
    expect((await runWith(environment, fresh, "snapshot", "restore", snapshot)).code).toBe(0);
    const service = await startServiceProcess(runtime, { dataDirectory: fresh, environment });
    const response = await fetch(`${service.url}/corpora/faiss/documents/slack`);
    expect(await response.json()).toMatchObject({ text: "The slack tide has a name." });
  });
});
