import { describe, expect, it } from "vitest";
import { chunkDocument } from "../../../application/chunking/chunk-text.ts";
import { citationsOf } from "../../../domain/citations.ts";
import type { SourceDocument } from "../../../domain/document.ts";
import { passageOf } from "../../support/passages.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";
import { paragraph, table, writeDocx } from "./docx-writer.ts";
import { writePdf } from "./pdf-writer.ts";
import { readDocument, writtenFile } from "./read-documents.ts";

const never = new AbortController().signal;
const SETTINGS = { targetTokens: 16, maxTokens: 24 };
const chunksOf = (document: SourceDocument) => chunkDocument(document, SETTINGS, wordTokenizer, never);

const FACT = "The lamp of the tower is lit every evening at dusk.";
const OTHERS = Array.from({ length: 12 }, (_, index) => `Sentence ${index} of the log says nothing about it.`);
const STRUCTURED = {
  "a.md": `# Tower\n\n${OTHERS.join("\n\n")}\n\n## Light\n\n${FACT}\n`,
  "a.html": `<html><body><h1>Log</h1><h2>Tower</h2>${OTHERS.map((text) => `<p>${text}</p>`).join("")}<h3>Light</h3><p>${FACT}</p></body></html>`,
  "a.docx": writeDocx(
    [
      paragraph("Tower", { style: "Heading1" }),
      ...OTHERS.map((text) => paragraph(text)),
      paragraph("Light", { style: "Heading2" }),
      paragraph(FACT),
    ].join(""),
  ),
};

describe("a passage of any format knows its place", () => {
  it.each([
    ...Object.entries(STRUCTURED).map(([name, content]) => [name, content, { section: ["Tower", "Light"] }] as const),
    ["a.pdf", writePdf({ pages: [OTHERS, [FACT]] }), { section: [], page: 2 }] as const,
    ["a.txt", `${OTHERS.join("\n\n")}\n\n${FACT}\n`, { section: [] }] as const,
    ["a.csv", `id,title,text\n1,Tower,"${OTHERS.join("\n\n")}\n\n${FACT}"\n`, { section: [] }] as const,
    ["a.jsonl", JSON.stringify({ id: 1, text: `${OTHERS.join("\n\n")}\n\n${FACT}` }), { section: [] }] as const,
    [
      "a.py",
      `import os\n\n\nclass Tower:\n    def light(self):\n        # ${FACT}\n        os.one()\n        os.two()\n        return 3\n`,
      { section: ["class Tower"] },
    ] as const,
  ])("%s", async (name, content, place) => {
    const document = await readDocument(await writtenFile(name, content));
    const chunks = await chunksOf(document);
    for (const { start, end, text, tokens } of chunks) {
      expect(document.text.slice(start, end)).toBe(text);
      expect(tokens).toBeLessThanOrEqual(SETTINGS.maxTokens);
    }
    const chunk = chunks.find(({ text }) => text.includes(FACT));
    expect(chunk).toMatchObject({ ...place, language: "en" });
    const { text, start = 0, end = 0, section = [], page, language } = chunk ?? { text: "" };
    const location = { start, end, section, ...(page === undefined ? {} : { page }) };
    const passage = passageOf(text, { location, ...(language === undefined ? {} : { language }) });
    const [citation] = citationsOf(`${FACT} [1]`, [{ marker: 1, passage }]);
    expect(citation).toMatchObject({ verified: true, language: "en", location: place });
    expect(citation?.quote).toContain(FACT);
    expect(document.text.slice(citation?.location?.start, citation?.location?.end)).toBe(citation?.quote);
    expect(document.uri).toMatch(new RegExp(`/${name.replace(".", "\\.")}$`, "u"));
  });
});

describe("structure first, token limits second", () => {
  it("divides a table of a DOCX between its rows, under its heading", async () => {
    const rows = Array.from({ length: 20 }, (_, index) => [
      paragraph(`Flag ${index}`),
      paragraph(`It means order number ${index}.`),
    ]);
    const body =
      paragraph("Signals", { style: "Heading1" }) + table([[paragraph("Flag"), paragraph("Meaning")], ...rows]);
    const document = await readDocument(await writtenFile("a.docx", writeDocx(body)));
    const chunks = await chunksOf(document);
    expect(chunks.length).toBeGreaterThan(5);
    for (const { text, section, searchText } of chunks) {
      expect(section).toEqual(["Signals"]);
      expect(searchText).toContain("Signals");
      for (const line of text.split("\n")) expect(line).toMatch(/^(?:Signals|\|.*\||)$/u);
    }
  });

  it("divides code between declarations, then blank lines, then lines, and puts file and declaration in front", async () => {
    const step = (index: number) => `  await tower.step(${index}, "a b c");\n`;
    const part = (first: number) => Array.from({ length: 3 }, (_, index) => step(first + index)).join("");
    const text = `import { tower } from "./tower.ts";\n\nexport async function light() {\n${part(0)}\n${part(4)}\n${part(8)}}\n\nexport function dark() {\n  one();\n\n  - two;\n  three();\n}\n`;
    const chunks = await chunksOf(await readDocument(await writtenFile("a.ts", text)));
    expect(chunks.map(({ section }) => section)).toEqual([
      [],
      ["export async function light()"],
      ["export async function light()"],
      ["export async function light()"],
      ["export function dark()"],
    ]);
    expect(chunks[2]?.text).toBe(part(4).trim());
    expect(chunks[2]?.searchText).toBe(`a.ts\nexport async function light()\n${part(4).trim()}`);
    expect(chunks[4]?.text).toBe("export function dark() {\n  one();\n\n  - two;\n  three();\n}");
  });
});
