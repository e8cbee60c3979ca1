import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCollection } from "../../../adapters/outbound/documents/beir-collection.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const never = new AbortController().signal;
const whole = {
  "corpus.jsonl": '{"_id":"d1","title":"t","text":"x"}\n',
  "queries.jsonl": '{"_id":"q1","text":"What burns?"}\n{"_id":"q2","text":"什么在燃烧？","metadata":{}}\n',
  "qrels.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\r\nq2\td1\t1\n",
};

async function collection(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

describe("readCollection", () => {
  it("reads queries in their order and judgements by query", async () => {
    const folder = await collection(whole);
    expect(await readCollection(folder, never)).toEqual({
      corpusPath: join(folder, "corpus.jsonl"),
      queries: [
        { id: "q1", text: "What burns?" },
        { id: "q2", text: "什么在燃烧？" },
      ],
      judgements: new Map([
        [
          "q1",
          new Map([
            ["d1", 2],
            ["d2", 0],
          ]),
        ],
        ["q2", new Map([["d1", 1]])],
      ]),
    });
  });

  it("finds the judgements where BEIR's own archives have them, and needs no header", async () => {
    const { "qrels.tsv": _, ...rest } = whole;
    const folder = await collection({ ...rest, "qrels/test.tsv": "q1\td1\t1\n" });
    expect((await readCollection(folder, never)).judgements).toEqual(new Map([["q1", new Map([["d1", 1]])]]));
  });

  it.each(["corpus.jsonl", "queries.jsonl", "qrels.tsv"])("says that %s is missing", async (name) => {
    const files = Object.fromEntries(Object.entries(whole).filter(([path]) => path !== name));
    const reading = readCollection(await collection(files), never);
    await expect(reading).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining(name) });
  });

  it.each([
    ["queries.jsonl", '{"_id":"q1","text":"x"}\n{"_id":"q2"}\n'],
    ["queries.jsonl", '{"_id":"q1","text":"x"}\n{"_id":\n'],
    ["qrels.tsv", "query-id\tcorpus-id\tscore\nq1 d1 1\n"],
    ["qrels.tsv", "q1\td1\t1\nq1\td2\tmany\n"],
  ])("names the broken line of %s: %j", async (name, content) => {
    const reading = readCollection(await collection({ ...whole, [name]: content }), never);
    await expect(reading).rejects.toMatchObject({
      code: "invalid-request",
      message: expect.stringMatching(new RegExp(`^Line 2 of .*${name.replace(".", "\\.")}`, "u")),
    });
  });

  it("ends when the caller aborts", async () => {
    await expect(readCollection(await collection(whole), AbortSignal.abort())).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
