import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvRows } from "../../../adapters/outbound/documents/csv-rows.ts";
import { typedText } from "../../../adapters/outbound/documents/typed-text.ts";
import type { FieldMapping } from "../../../domain/field-mapping.ts";
import { readDocument, readDocuments, writtenFile } from "./read-documents.ts";

const LAMPS =
  "sku,name,body,note,price,lit\nA-1,Lamp,It is lit at dusk.,By the keeper.,19.50,true\n007,Wick,Cut it.,,3,FALSE\n";
const MAPPING: FieldMapping = { id: "sku", title: "name", text: ["body", "note"], metadata: ["price", "lit"] };

describe("a table", () => {
  it("gives a document for each row, by the default names of its columns", async () => {
    const path = await writtenFile(
      "lamps.csv",
      "id,title,text,url,shore\n1,The lamp,It is lit.,https://example.org/1,north\n2,,灯在黄昏点亮。,,\n",
    );
    const { documents, failures } = await readDocuments([path]);
    expect(documents).toEqual([
      { id: "1", title: "The lamp", text: "It is lit.", uri: "https://example.org/1", metadata: { shore: "north" } },
      { id: "2", text: "灯在黄昏点亮。", uri: path },
    ]);
    expect(failures).toEqual([]);
  });

  it("takes the columns that the mapping names, joins several to one text, and keeps what is left as metadata", async () => {
    const path = await writtenFile("lamps.csv", LAMPS);
    const { documents } = await readDocuments([path], {}, MAPPING);
    expect(documents).toEqual([
      {
        id: "A-1",
        title: "Lamp",
        text: "It is lit at dusk.\n\nBy the keeper.",
        uri: path,
        metadata: { price: 19.5, lit: true },
      },
      { id: "007", title: "Wick", text: "Cut it.", uri: path, metadata: { price: 3, lit: false } },
    ]);
    const all = await readDocuments([path], { fields: { text: ["body"] } });
    expect(all.documents.map(({ id, metadata }) => [id, metadata])).toEqual([
      ["lamps.csv:2", { sku: "A-1", name: "Lamp", note: "By the keeper.", price: 19.5, lit: true }],
      ["lamps.csv:3", { sku: "007", name: "Wick", price: 3, lit: false }],
    ]);
    const none = await readDocuments([path], { fields: { text: ["body"] } }, { metadata: [] });
    expect(none.documents.map(({ metadata }) => metadata)).toEqual([undefined, undefined]);
  });

  it("names a row without an id by its file and the line where it starts", async () => {
    const path = await writtenFile("a.csv", 'text,n\n"one\nand two",1\n\n"three\r\nfour",2\r\nfive,3\n');
    const { documents } = await readDocuments([path]);
    expect(documents.map(({ id, text }) => [id, text])).toEqual([
      ["a.csv:2", "one\nand two"],
      ["a.csv:5", "three\r\nfour"],
      ["a.csv:7", "five"],
    ]);
  });

  it.each([
    ["semicolons", "a.csv", 'id;text;"a,b,c,d"\n1;"x;y";2\n'],
    ["tabs", "a.tsv", 'id\ttext\t"a,b;c"\n1\tx;y\t2\n'],
    ["tabs in a file that says nothing of them", "a.csv", "id\ttext\tc\n1\tx;y\t2\n"],
    ["commas, with a byte order mark", "a.csv", '\ufeffid,text,c\r\n1,"x;y",2\r\n'],
    ["commas, in UTF-16", "a.csv", Buffer.from('\ufeffid,text,c\n1,"x;y",2\n', "utf16le")],
  ])("may be parted by %s", async (_, name, content) => {
    expect(await readDocument(await writtenFile(name, content))).toMatchObject({ id: "1", text: "x;y" });
  });

  it("takes quotes as RFC 4180 does, and one inside a plain field as it stands", async () => {
    const path = await writtenFile("a.csv", 'id,text\n1,"He said ""lit"", twice"\n2,a 5" pipe\n3,"the" lamp\n');
    const { documents } = await readDocuments([path]);
    expect(documents.map(({ text }) => text)).toEqual(['He said "lit", twice', 'a 5" pipe', '"the" lamp']);
  });

  it("keeps two columns of one name apart, and passes over one without a name and over empty rows", async () => {
    const path = await writtenFile("a.csv", "id,text,note,note,\n1,x,a,b,c\n,,,,\n\n2,y,,d,\n");
    const { documents, failures } = await readDocuments([path]);
    expect(documents.map(({ metadata }) => metadata)).toEqual([{ note: "a", note_2: "b" }, { note_2: "d" }]);
    expect(failures).toEqual([]);
  });

  it("costs one line where a column is missing, which names those there are", async () => {
    const path = await writtenFile("lamps.csv", LAMPS);
    const asked = await readDocuments([path], {}, { text: ["description"], id: "sku", uri: "link" });
    expect(asked).toMatchObject({
      documents: [],
      failures: [
        {
          source: path,
          reason:
            "It has no column `description`, `link`; its columns are `sku`, `name`, `body`, `note`, `price`, `lit`.",
        },
      ],
    });
    const unasked = await readDocuments([path]);
    expect(unasked.documents).toEqual([]);
    expect(unasked.failures.map(({ reason }) => reason)).toEqual([
      "No column of it is called `text` or `title`: map one to text, as in `--field text=sku`; its columns are `sku`, `name`, `body`, `note`, `price`, `lit`.",
    ]);
  });

  it("costs one line where it has more columns than metadata can hold", async () => {
    const columns = Array.from({ length: 65 }, (_, index) => `c${index}`);
    const path = await writtenFile(
      "a.csv",
      `id,text,${columns.join()}\n1,x,${columns.join()}\n2,x,${columns.join()}\n`,
    );
    const { failures } = await readDocuments([path]);
    expect(failures.map(({ reason }) => reason)).toEqual([
      "It has 65 columns for the metadata, at most 64 are allowed: name those to keep, as in `--field metadata=NAME`.",
    ]);
    expect((await readDocuments([path], {}, { metadata: ["c7"] })).documents[1]?.metadata).toEqual({ c7: "c7" });
  });

  it("costs a line for each broken row, and the others are read", async () => {
    const path = await writtenFile("a.csv", 'id,text\n1,x\n2,x,y\n3\n4,""\n"5\n5",x\n6,y\n');
    const { documents, failures } = await readDocuments([path]);
    expect(documents.map(({ id }) => id)).toEqual(["1", "5\n5", "6"]);
    expect(failures).toEqual([
      { source: `${path}:3`, reason: "The row has 3 fields, and the table 2 columns." },
      { source: `${path}:4`, reason: "The row has 1 fields, and the table 2 columns." },
      { source: `${path}:5`, reason: "The text is empty." },
    ]);
    const named = await readDocuments([await writtenFile("a.csv", "sku,text\n,x\n")], {}, { id: "sku" });
    expect(named.failures.map(({ reason }) => reason)).toEqual(["The field `sku`, which is to be the id, is empty."]);
  });

  it("gives what stands before a quote that is never closed", async () => {
    const path = await writtenFile("a.csv", 'id,text\n1,x\n2,"y\n3,z\n');
    const { documents, failures } = await readDocuments([path]);
    expect(documents.map(({ id }) => id)).toEqual(["1"]);
    expect(failures).toEqual([
      { source: `${path}:3`, reason: expect.stringMatching(/^A quote is opened in this row/u) },
    ]);
  });

  it("ends at a row that is too long, without its length in memory", async () => {
    const path = await writtenFile("a.csv", `id,text\n1,x\n2,"${"y\n".repeat(100_000)}"\n3,z\n`);
    const { documents, failures } = await readDocuments([path], { maxBytes: 1_000 });
    expect(documents.map(({ id }) => id)).toEqual(["1"]);
    expect(failures).toEqual([{ source: `${path}:3`, reason: expect.stringContaining("at most 1000 bytes") }]);
  });

  it("fails where it is no text from some block on", async () => {
    const head = Buffer.from(`id,text\n${"1,x\n".repeat(50_000)}`);
    const path = await writtenFile("a.csv", Buffer.concat([head, Buffer.of(0xe9, 0x0a)]));
    const { failures } = await readDocuments([path]);
    expect(failures).toEqual([{ source: path, reason: "It is not valid utf-8; save it as UTF-8." }]);
  });

  it("gives back whatever fields were written, in whichever blocks they come", async () => {
    const fields = fc.array(fc.string({ unit: fc.constantFrom("a", "灯", '"', ",", "\n", "\r\n", "\r", " ") }), {
      minLength: 2,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { minLength: 1 }), fc.integer({ min: 1, max: 9 }), async (rows, size) => {
        const text = rows.map((row) => `${row.map((value) => `"${value.replaceAll('"', '""')}"`).join()}\n`).join("");
        const blocks = async function* () {
          for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
        };
        const read: (readonly string[] | undefined)[] = [];
        for await (const { values } of csvRows(blocks(), ",", 1_000)) read.push(values);
        expect(read).toEqual(rows);
      }),
    );
  });
});

describe("a file of rows that are all broken", () => {
  it("is given up in one line after 21, which names the fields there are", async () => {
    const line = '{"sku":1,"body":"x"}\n';
    const path = await writtenFile("a.jsonl", line.repeat(1_000));
    const { documents, failures } = await readDocuments([path]);
    expect(documents).toEqual([]);
    expect(failures).toEqual([
      {
        source: path,
        reason:
          "Its first 21 rows are all broken, and no other was read. Line 1: No field of it is called `text` or `title`: map one to text; its fields are `sku`, `body`.",
      },
    ]);
    const table = await readDocuments([await writtenFile("a.csv", `id,text\n${"1,a,b\n".repeat(30)}`)]);
    expect(table.failures.map(({ reason }) => reason)).toEqual([
      "Its first 21 rows are all broken, and no other was read. Line 2: The row has 3 fields, and the table 2 columns.",
    ]);
  });

  it("is read to its end where a whole one comes before that, or where it has no more", async () => {
    const broken = (count: number) => "broken\n".repeat(count);
    const whole = '{"text":"x"}\n';
    const read = async (content: string) => {
      const { documents, failures } = await readDocuments([await writtenFile("a.jsonl", content)]);
      return [documents.length, failures.length];
    };
    expect(await read(broken(20))).toEqual([0, 20]);
    expect(await read(broken(20) + whole + broken(30))).toEqual([1, 50]);
    expect(await read(whole + broken(30))).toEqual([1, 30]);
  });
});

describe("typedText", () => {
  it.each([
    ["12", 12],
    ["-0.50", -0.5],
    ["0", 0],
    ["TRUE", true],
    ["false", false],
    ["007", "007"],
    ["+44", "+44"],
    ["1e5", "1e5"],
    ["1,5", "1,5"],
    ["12345678901234567", "12345678901234567"],
    ["123456789.123456789", "123456789.123456789"],
    ["2026-11-26", "2026-11-26"],
    [".5", ".5"],
    [" 1", " 1"],
    ["NaN", "NaN"],
    ["", undefined],
  ])("makes of %j %j", (text, value) => {
    expect(typedText(text)).toBe(value);
  });
});

describe("JSONL with a mapping", () => {
  it("takes the fields that it names, and says which there are where one is missing", async () => {
    const lines = [
      { sku: 7, name: "Lamp", body: "It is lit.", note: "At dusk.", price: 19.5, tags: ["a"], depth: { m: 1 } },
      { sku: "x", name: "Wick", note: "Only a note.", metadata: { shore: "north" } },
      { sku: "y", label: "no text" },
      { body: "no id" },
    ];
    const path = await writtenFile("a.jsonl", lines.map((line) => JSON.stringify(line)).join("\n"));
    const mapping = { id: "sku", title: "name", text: ["body", "note"] };
    const { documents, failures } = await readDocuments([path], {}, mapping);
    expect(documents).toEqual([
      { id: "7", title: "Lamp", text: "It is lit.\n\nAt dusk.", uri: path, metadata: { price: 19.5, tags: ["a"] } },
      { id: "x", title: "Wick", text: "Only a note.", uri: path, metadata: { shore: "north" } },
    ]);
    expect(failures).toEqual([
      {
        source: `${path}:3`,
        reason: "No field of it is called `body` or `note` or `name`: map one to text; its fields are `sku`, `label`.",
      },
      { source: `${path}:4`, reason: "The field `sku`, which is to be the id, is empty." },
    ]);
  });

  it("leaves numbers and texts as they are", async () => {
    const path = await writtenFile("a.jsonl", '{"text":"x","code":"12","n":12}');
    expect(await readDocument(path)).toMatchObject({ id: "a.jsonl:1", metadata: { code: "12", n: 12 } });
  });
});
