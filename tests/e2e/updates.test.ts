import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, written } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const NOTES = {
  "notes/harbour.md": "---\nplace: harbour\n---\n\n# The harbour\n\nThe ferry leaves at nine.\n",
  "notes/lamp.md": "---\nplace: tower\n---\n\n# The lamp\n\nThe lamp is lit at dusk.\n",
  "notes/people.jsonl": '{"id":"ida","text":"Ida keeps the lamp.","place":"tower"}\n{"id":"joe","text":"Joe rows."}\n',
};

/** Ids of all documents that are searched: the corpus is smaller than what a search returns. */
async function found(data: string): Promise<readonly string[]> {
  const { output } = await run(data, "search", "the lamp, the ferry, the tide, Joe", "--json");
  const { passages } = JSON.parse(output) as { passages: { document_id: string }[] };
  return passages.map(({ document_id }) => document_id).toSorted();
}

/** Each command starts a process with an engine of its own. */
const COMMANDS = { timeout: 120_000 } as const;

describe("pharos sync", COMMANDS, () => {
  it("mirrors a folder: says in a dry run what it would do, does it, and refuses to empty the corpus with the folder", async () => {
    const folder = join(await written(NOTES), "notes");
    const data = await temporaryFolder();
    const first = await run(data, "sync", folder);
    expect(first).toMatchObject({
      code: 0,
      output: "faiss: 4 added, 0 replaced, 0 unchanged, 0 removed, 0 failed\n",
    });
    await writeFile(join(folder, "people.jsonl"), '{"id":"joe","text":"Joe sails."}\n');
    await writeFile(join(folder, "tide.md"), "The tide is high.");
    await rm(join(folder, "lamp.md"));
    const dry = await run(data, "sync", folder, "--dry-run");
    expect(dry.output).toBe(
      "~ joe\n+ notes/tide.md\n- notes/lamp.md\n- ida\nfaiss: 1 added, 1 replaced, 1 unchanged, 2 removed, 0 failed (dry run: nothing was done)\n",
    );
    const second = await run(data, "sync", folder, "--json");
    expect(JSON.parse(second.output)).toEqual({
      corpus: "faiss",
      added: 1,
      replaced: 1,
      unchanged: 1,
      removed: 2,
      failed: 0,
    });
    expect(await found(data)).toEqual(["joe", "notes/harbour.md", "notes/tide.md"]);
    await rm(folder, { recursive: true });
    expect(await run(data, "sync", folder)).toMatchObject({
      code: 1,
      output: "",
      progress: expect.stringContaining("nothing was done"),
    });
  });
});

describe("pharos delete", COMMANDS, () => {
  it("removes by a filter and by ids, and says how many there were", async () => {
    const folder = join(await written(NOTES), "notes");
    const data = await temporaryFolder();
    await run(data, "ingest", folder);
    const removed = await run(data, "delete", "--filter", '{"place": "tower"}');
    expect(removed).toMatchObject({ code: 0, output: "faiss: 2 removed\n" });
    const byId = await run(data, "delete", "joe", "notes/nobody.md", "--json");
    expect(JSON.parse(byId.output)).toEqual({ corpus: "faiss", removed: 1 });
    expect(await found(data)).toEqual(["notes/harbour.md"]);
  });

  it("removes nothing that is not named, and says what is wrong with a filter", async () => {
    const data = await temporaryFolder();
    const [nothing, both, empty, broken] = await Promise.all([
      run(data, "delete"),
      run(data, "delete", "x", "--filter", '{"a": 1}'),
      run(data, "delete", "--filter", '{"and": [], "year": {"above": 1}}'),
      run(data, "delete", "--filter", "{"),
    ]);
    const refusal = "Give either ids of documents or a filter: nothing is removed unnamed.\n";
    expect(nothing).toMatchObject({ code: 1, output: "", progress: refusal });
    expect(both).toMatchObject({ code: 1, output: "", progress: refusal });
    expect(empty).toMatchObject({
      code: 1,
      progress: expect.stringMatching(/filter\.and: .*\nfilter\.year\.above: /u),
    });
    expect(broken).toMatchObject({ code: 1, progress: "The filter must be valid JSON.\n" });
  });
});
