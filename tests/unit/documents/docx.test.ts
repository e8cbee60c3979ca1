import { describe, expect, it } from "vitest";
import { docxFiles, paragraph, table, writeDocx, writeZip } from "./docx-writer.ts";
import { readDocument, readDocuments, sectionTexts, writtenFile } from "./read-documents.ts";

const written = (content: Uint8Array) => writtenFile("a.docx", content);

async function reasonOf(content: Uint8Array): Promise<string> {
  const { documents, failures } = await readDocuments([await written(content)]);
  expect(documents).toEqual([]);
  expect(failures).toHaveLength(1);
  return failures[0]?.reason ?? "";
}

const HANDBOOK = [
  paragraph("The keeper's handbook", { style: "Title" }),
  paragraph("Read it first."),
  paragraph("The lens", { style: "Heading1" }),
  paragraph("Wipe it every morning.", { footnote: 1 }),
  paragraph("Then wind the clock."),
  paragraph("工具", { style: "Heading2" }),
  paragraph("Cloth", { level: 0 }),
  paragraph("of linen", { level: 1 }),
  paragraph("Spirit", { level: 0 }),
  paragraph("Signals", { style: "Heading1" }),
  table([
    [paragraph("Flag"), paragraph("Meaning")],
    [paragraph("Blue"), paragraph("Come ashore", { footnote: 2 })],
  ]),
  paragraph("First", { level: 0, isNumbered: true }),
  paragraph("Second", { level: 0, isNumbered: true }),
].join("");
const NOTES = ["With linen.", "At once."];

describe("DOCX", () => {
  it("gives headings as paths, and lists, tables and footnotes where they are read", async () => {
    const document = await readDocument(await written(writeDocx(HANDBOOK, NOTES)));
    expect(document.title).toBe("The keeper's handbook");
    expect(sectionTexts(document)).toEqual([
      { path: [], text: "The keeper's handbook\n\nRead it first.\n\n" },
      {
        path: ["The lens"],
        text: "The lens\n\nWipe it every morning. (1)\n\n(1) With linen.\n\nThen wind the clock.\n\n",
      },
      { path: ["The lens", "工具"], text: "工具\n\n- Cloth\n  - of linen\n- Spirit\n\n" },
      {
        path: ["Signals"],
        text: "Signals\n\n| Flag | Meaning |\n| --- | --- |\n| Blue | Come ashore (2) |\n\n(2) At once.\n\n1. First\n2. Second",
      },
    ]);
  });

  it("has its first heading as title where none is set as such", async () => {
    const body = paragraph("Text.") + paragraph("One", { style: "Heading1" }) + paragraph("Two", { style: "Heading1" });
    expect(await readDocument(await written(writeDocx(body)))).toMatchObject({ title: "One" });
    expect(await readDocument(await written(writeDocx(paragraph("Text."))))).not.toHaveProperty("title");
  });

  it.each([
    ["is no archive", Buffer.from("PK no archive"), "it is no whole ZIP archive"],
    ["ends too soon", writeDocx(HANDBOOK, NOTES).slice(0, -40), "it is no whole ZIP archive"],
    ["is broken inside", writeDocx(HANDBOOK, NOTES).fill(0x55, 900, 1_200), "it is broken"],
    ["is an archive of something else", writeZip([{ name: "a.txt", content: "x" }]), "holds no Word document"],
    ["lacks its text", writeZip(docxFiles(HANDBOOK, NOTES).slice(0, -1)), "holds no Word document"],
    ["holds XML that is broken", writeZip(docxFiles("<w:p>")), "it is broken"],
    ["is encrypted", Buffer.from("d0cf11e0a1b11ae1".padEnd(1_024, "00"), "hex"), "The DOCX is encrypted"],
    ["holds nothing to read", writeDocx(paragraph(" ")), "The text is empty."],
  ])("fails in one line where it %s", async (_, content, reason) => {
    expect(await reasonOf(content)).toContain(reason);
  });

  it("is refused by what it would unpack to, before it is unpacked", async () => {
    const bomb = writeZip(docxFiles("<w:p/>".repeat(18_000_000)));
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await reasonOf(bomb)).toMatch(/^The DOCX unpacks to 108\d+ bytes of XML; at most 100 MiB are allowed/u);
  });

  it("costs one line where it lies about that, and the next file is read", async () => {
    const liar = await written(writeZip(docxFiles(paragraph("x").repeat(1_000_000)), 1_000));
    const good = await written(writeDocx(HANDBOOK, NOTES));
    const { documents, failures } = await readDocuments([liar, good]);
    expect(failures).toEqual([{ source: liar, reason: expect.stringContaining("it is broken") }]);
    expect(documents).toMatchObject([{ title: "The keeper's handbook" }]);
  });

  it.each([
    ["of a file", '<!ENTITY secret SYSTEM "file:///etc/hostname">'],
    ["that grow", `<!ENTITY a "${"x".repeat(1_000)}"><!ENTITY b "&a;&a;"><!ENTITY secret "&b;&b;">`],
  ])("never follows entities %s", async (_, entity) => {
    const doctype = `<!DOCTYPE document [${entity}]>`;
    expect(await reasonOf(writeZip(docxFiles(paragraph("&secret;"), [], doctype)))).toContain("it is broken");
  });
});
