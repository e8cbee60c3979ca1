import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SourceDocument } from "../../../domain/document.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { type PdfContent, writePdf } from "./pdf-writer.ts";
import { readDocument, readDocuments, sectionTexts } from "./read-documents.ts";

async function written(content: PdfContent | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), "a.pdf");
  await writeFile(path, content instanceof Uint8Array ? content : writePdf(content));
  return path;
}

async function read(...pages: readonly (readonly string[])[]): Promise<SourceDocument> {
  return readDocument(await written({ pages }));
}

describe("PDF", () => {
  it("gives a section for each page with text, and the title", async () => {
    const path = await written({
      title: "The lamp (log)",
      pages: [["First page."], [], ["Third page.", "", "", "Its end."]],
    });
    const document = await readDocument(path);
    expect(document.title).toBe("The lamp (log)");
    expect(sectionTexts(document)).toEqual([
      { path: [], page: 1, text: "First page.\n\n" },
      { path: [], page: 3, text: "Third page.\n\nIts end." },
    ]);
  });

  it.each(["Microsoft Word - draft.docx", "untitled", "paper.tex", ""])(
    "has no title where a program made it up: %j",
    async (title) => {
      expect(await readDocument(await written({ title, pages: [["Text."]] }))).not.toHaveProperty("title");
    },
  );

  it("joins the halves of a word that was hyphenated at a line's end", async () => {
    const { text } = await read(["The lamp is acknow-", "ledged by the log-", "Book of the keeper."]);
    expect(text).toBe("The lamp is acknowledged by the log-\nBook of the keeper.");
  });

  it("gives a sentence that runs over the end of a page to the page where it starts", async () => {
    const document = await read(["The keeper lights", "the lamp and"], ["writes it down. Then he sleeps."]);
    expect(sectionTexts(document)).toEqual([
      { path: [], page: 1, text: "The keeper lights\nthe lamp and\nwrites it down." },
      { path: [], page: 2, text: " Then he sleeps." },
    ]);
  });

  it("reads Chinese, without breaks in wrapped lines or between pages", async () => {
    const wrapped = [
      "守塔人在黄昏点亮灯火，并且把时间和天",
      "气都写进日志。",
      "",
      "第二段从这里开始，一直写到这一页的最后",
    ];
    const document = await read(wrapped, ["才结束。下一句。"]);
    expect(sectionTexts(document)).toEqual([
      {
        path: [],
        page: 1,
        text: "守塔人在黄昏点亮灯火，并且把时间和天气都写进日志。\n\n第二段从这里开始，一直写到这一页的最后才结束。",
      },
      { path: [], page: 2, text: "下一句。" },
    ]);
  });

  it("leaves out the headers and footers that its pages share", async () => {
    const pages = ["One.", "Two.", "Three.", "Four.", "Five."].map((text, index) => [
      "The log",
      text,
      `Page ${index + 1}`,
    ]);
    const { text } = await read(...pages);
    expect(text).toBe("One.\n\nTwo.\n\nThree.\n\nFour.\n\nFive.");
  });

  it.each([
    ["is encrypted", () => writePdf({ pages: [["Secret."]], isEncrypted: true }), "The PDF is encrypted"],
    ["is none", () => new TextEncoder().encode("no PDF at all"), "The file is not a readable PDF."],
    ["ends too soon", () => writePdf({ pages: [["Text."]] }).slice(0, 60), "The file is not a readable PDF."],
    ["holds no text", () => writePdf({ pages: [[], []] }), "The PDF holds no text that can be read"],
  ])("fails in one line where it %s", async (_, bytes, reason) => {
    const path = await written(bytes());
    const { documents, failures } = await readDocuments([path]);
    expect(documents).toEqual([]);
    expect(failures).toEqual([{ source: path, reason: expect.stringContaining(reason) }]);
    expect(failures[0]?.reason).not.toContain("\n");
  });
});
