import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DocumentReader, type DocumentReaderOptions } from "../../../adapters/outbound/documents/document-reader.ts";
import { KNOWN_EXTENSIONS } from "../../../adapters/outbound/documents/formats.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { paragraph, writeDocx } from "./docx-writer.ts";
import { writePdf } from "./pdf-writer.ts";
import { readDocuments, writtenFile } from "./read-documents.ts";

const HUGE_BYTES = 500 * 1_048_576;
const MEBIBYTE = 1_048_576;

/** A folder with one file of each extension, and `z.md`, which is whole and comes last. */
async function everyKind(write: (path: string) => Promise<void>): Promise<string> {
  const folder = join(await temporaryFolder(), "files");
  await mkdir(folder);
  for (const extension of KNOWN_EXTENSIONS) await write(join(folder, `a${extension}`));
  await writeFile(join(folder, "z.md"), "Whole.");
  return folder;
}

/** The extension of each file that failed, once for each failure, sorted; only `z.md` may be read. */
async function failedExtensions(folder: string, options: DocumentReaderOptions = {}): Promise<readonly string[]> {
  const { documents, failures } = await readDocuments([folder], options);
  expect(documents.map(({ text }) => text)).toEqual(["Whole."]);
  for (const { reason } of failures) expect(reason).toMatch(/^[^\n]{1,400}$/u);
  return failures.map(({ source }) => /\.[a-z0-9]+/u.exec(source.slice(folder.length))?.[0] ?? source).sort();
}

const SORTED_EXTENSIONS = [...KNOWN_EXTENSIONS].sort();

describe("a file of any kind costs one reported line, and the next is read,", () => {
  it("where it is empty", async () => {
    expect(await failedExtensions(await everyKind((path) => writeFile(path, "")))).toEqual(SORTED_EXTENSIONS);
  });

  it("where it is blank", async () => {
    expect(await failedExtensions(await everyKind((path) => writeFile(path, " \n\n")))).toEqual(SORTED_EXTENSIONS);
  });

  it("where it is binary rubbish", async () => {
    const rubbish = Uint8Array.from({ length: 4_000 }, (_, index) => (index * index * 31 + (index >> 3)) % 256);
    expect(await failedExtensions(await everyKind((path) => writeFile(path, rubbish)))).toEqual(SORTED_EXTENSIONS);
  });

  it("where it is of a single byte that is none of UTF-8", async () => {
    const folder = await everyKind((path) => writeFile(path, Uint8Array.of(0xe9)));
    expect(await failedExtensions(folder)).toEqual(SORTED_EXTENSIONS);
  });

  it("where it has 500 MB", async () => {
    const folder = await everyKind(async (path) => {
      await writeFile(path, "");
      await truncate(path, HUGE_BYTES);
    });
    expect(await failedExtensions(folder)).toEqual(SORTED_EXTENSIONS);
  });

  it("where it is one line without an end", async () => {
    const folder = await everyKind((path) => writeFile(path, "[".repeat(200_000)));
    expect(await failedExtensions(folder, { maxBytes: 100_000 })).toEqual(SORTED_EXTENSIONS);
  });
});

describe("a parser that a file is too much for", () => {
  it("is killed where it takes more memory than it may, and the next file gets another", async () => {
    const bomb = await writtenFile("a.pdf", pdfOf(deflateSync(Buffer.alloc(400 * MEBIBYTE, " "))));
    const good = await writtenFile("b.pdf", writePdf({ pages: [["Whole."]] }));
    const { documents, failures } = await readDocuments([bomb, good], {
      parser: { parseMs: 600_000, memoryMebibytes: 300 },
    });
    expect(failures).toEqual([{ source: bomb, reason: "Reading it takes more than 300 MiB of memory." }]);
    expect(documents.map(({ text }) => text)).toEqual(["Whole."]);
  }, 240_000);

  it("is killed where it takes longer than it may", async () => {
    const path = await writtenFile("a.html", "<p>x");
    const parser = { parseMs: 1, memoryMebibytes: 1_024 };
    const { documents, failures } = await readDocuments([path, await writtenFile("b.md", "Whole.")], { parser });
    expect(failures).toEqual([{ source: path, reason: "Reading it takes longer than 0.001 seconds." }]);
    expect(documents.map(({ text }) => text)).toEqual(["Whole."]);
  });

  it("is ended with the run, also where the caller aborts or stops to read", async () => {
    const paths = await Promise.all(
      ["a.docx", "b.docx"].map((name) => writtenFile(name, writeDocx(paragraph("Whole.")))),
    );
    const caller = new AbortController();
    const reading = new DocumentReader().read(paths, caller.signal);
    expect((await reading.next()).value).toMatchObject({ document: { text: "Whole." } });
    caller.abort();
    await expect(reading.next()).rejects.toMatchObject({ code: "cancelled" });
    const stopped = new DocumentReader().read(paths, new AbortController().signal);
    await stopped.next();
    expect(await stopped.return()).toEqual({ done: true, value: undefined });
  });
});

describe("front matter", () => {
  it.each([
    ["nested beyond measure", `---\na: ${"[".repeat(30_000)}\n---\nText.`],
    [
      "of aliases that grow",
      `---\na: &a [x]\nb: &b [${"*a, ".repeat(200)}*a]\nc: [${"*b, ".repeat(200)}*b]\n---\nText.`,
    ],
  ])("that is %s costs at most its own file", async (_, text) => {
    const { documents, failures } = await readDocuments([await writtenFile("a.md", text)]);
    expect(documents.length + failures.length).toBe(1);
  });

  it("is followed by a first line of any length, which is looked at once", async () => {
    const path = await writtenFile("a.md", `# a${" ".repeat(1_000_000)}b${" #".repeat(500_000)}`);
    const { documents } = await readDocuments([path]);
    expect(documents).toHaveLength(1);
  });
});

describe("a table or a JSONL file of any size", () => {
  it.each([
    ["a.csv", "id,text\n", (id: number) => `${id},${"The lamp is lit. ".repeat(20)}\n`],
    ["a.jsonl", "", (id: number) => `${JSON.stringify({ id, text: "The lamp is lit. ".repeat(20) })}\n`],
  ])("is read as its rows are asked for: %s", async (name, head, row) => {
    const path = await writtenFile(name, head + Array.from({ length: 60_000 }, (_, id) => row(id)).join(""));
    let bytes = 0;
    let rows = 0;
    let most = 0;
    const reading = new DocumentReader().read([path], new AbortController().signal, (part) => {
      bytes += part;
    });
    for await (const { document } of reading) {
      rows += 1;
      most = Math.max(most, bytes - rows * row(rows).length);
      expect(document?.id).toBe(String(rows - 1));
    }
    expect(rows).toBe(60_000);
    expect(most).toBeLessThan(2 * MEBIBYTE);
  });
});

/** A PDF of one page with this content. */
function pdfOf(content: Uint8Array): Uint8Array {
  const page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] /Contents 4 0 R >>";
  const objects = [
    Buffer.from("1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"),
    Buffer.from("2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n"),
    Buffer.from(`3 0 obj\n${page}\nendobj\n`),
    Buffer.from(`4 0 obj\n<< /Length ${content.length} /Filter /FlateDecode >>\nstream\n`),
  ];
  // Without a table of its objects: PDF.js then looks for them.
  const end = Buffer.from("\nendstream\nendobj\ntrailer\n<< /Size 5 /Root 1 0 R >>\n%%EOF\n");
  return Buffer.concat([Buffer.from("%PDF-1.7\n"), ...objects, content, end]);
}
