import { describe, expect, it } from "vitest";
import { GptTokenizer } from "../../../adapters/outbound/tokenizer/tokenizer.ts";
import { chunkDocument, DEFAULT_CHUNK_SETTINGS } from "../../../application/chunking/chunk-text.ts";
import type { ChunkSettings } from "../../../application/chunking/token-pieces.ts";
import type { Chunk } from "../../../domain/chunk.ts";
import type { SourceDocument } from "../../../domain/document.ts";
import { wordTokenizer } from "../../support/word-tokenizer.ts";

const never = new AbortController().signal;
const small: ChunkSettings = { targetTokens: 16, maxTokens: 24 };

/** Chunks counted in words, so that the sums below can be checked by eye. */
async function chunksOf(given: string | Partial<SourceDocument>, settings: ChunkSettings = small): Promise<Chunk[]> {
  const document = typeof given === "string" ? { text: given } : given;
  return chunkDocument({ id: "document", text: "", ...document }, settings, wordTokenizer, never);
}

const textsOf = (chunks: readonly Chunk[]) => chunks.map(({ text }) => text);
const idsOf = (chunks: readonly Chunk[]) => chunks.map(({ id }) => id);
const words = (count: number, word = "word") =>
  Array.from({ length: count }, (_, index) => `${word}${index}`).join(" ");
const sentences = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => `Sentence ${words(length - 2, `s${index}w`)} ends.`).join(" ");

describe("structure", () => {
  it("makes one chunk of an abstract of 250 words", async () => {
    const text = sentences(25, 10);
    const [chunk, ...others] = await chunkDocument({ id: "a", text }, DEFAULT_CHUNK_SETTINGS, wordTokenizer, never);
    expect(others).toEqual([]);
    expect(chunk).toMatchObject({ text, start: 0, end: text.length, section: [], tokens: 250 });
  });

  it("gives [] for a text of white space", async () => {
    expect(await chunksOf(" \n\t\n ")).toEqual([]);
  });

  it("keeps each section by itself, with the path of its headings", async () => {
    const text =
      "Before.\n\n# One\n\nFirst.\n\n## Two `deep`\n\nSecond.\n\n### Three\n\nThird.\n\n## [Four](x.md) ##\n\nFourth.\n";
    const chunks = await chunksOf(text);
    expect(chunks.map(({ section }) => section)).toEqual([
      [],
      ["One"],
      ["One", "Two deep"],
      ["One", "Two deep", "Three"],
      ["One", "Four"],
    ]);
    expect(textsOf(chunks)[2]).toBe("## Two `deep`\n\nSecond.");
  });

  it("reads headings that are underlined", async () => {
    const chunks = await chunksOf("Title\n=====\n\nText.\n\nPart\n----\n\nMore.");
    expect(chunks.map(({ section }) => section)).toEqual([["Title"], ["Title", "Part"]]);
  });

  it("puts a heading without text of its own with the section after it", async () => {
    const chunks = await chunksOf("# Guide\n\n## Install\n\nRun it.\n\n## Empty\n");
    expect(textsOf(chunks)).toEqual(["# Guide\n\n## Install\n\nRun it.", "## Empty"]);
    expect(chunks[0]?.section).toEqual(["Guide", "Install"]);
  });

  it("takes no line of fenced code for a heading", async () => {
    const text = "# Shell\n\n```sh\n# not a heading\nls\n```\n\n~~~\n## nor this\n~~~";
    expect(await chunksOf(text)).toMatchObject([{ section: ["Shell"], text }]);
  });

  it("does not read headings into a text whose reader gave the sections", async () => {
    const text = "# of patients: 12\n\nMore.";
    const chunks = await chunksOf({ text, sections: [{ start: 0, end: text.length, path: [] }] });
    expect(chunks).toMatchObject([{ text, section: [] }]);
  });

  it("takes paths and pages from the reader's sections, and covers what stands between them", async () => {
    const text = "Cover. First page. Second page.";
    const chunks = await chunksOf({
      text,
      sections: [
        { start: 7, end: 18, path: ["A"], page: 2 },
        { start: 19, end: 31, path: ["A", "B"], page: 3 },
      ],
    });
    expect(chunks).toMatchObject([
      { text: "Cover.", section: [] },
      { text: "First page.", section: ["A"], page: 2 },
      { text: "Second page.", section: ["A", "B"], page: 3 },
    ]);
  });
});

describe("size", () => {
  it("keeps paragraphs whole where they fit", async () => {
    const paragraphs = [words(10, "a"), words(10, "b"), words(10, "c"), words(10, "d")];
    expect(textsOf(await chunksOf(paragraphs.join("\n\n")))).toEqual([
      paragraphs.slice(0, 1).join("\n\n"),
      paragraphs.slice(1, 2).join("\n\n"),
      paragraphs.slice(2).join("\n\n"),
    ]);
  });

  it.each([
    ["a list", `- ${words(8, "a")}\n- ${words(8, "b")}\n  ${words(3, "c")}`],
    ["a table", "| a | b |\n|---|---|\n| 1 | 2 |"],
    ["fenced code", "```ts\nconst a = 1;\n\nconst b = 2;\n```"],
  ])("keeps %s whole where it fits", async (_, block) => {
    const texts = textsOf(await chunksOf(`${words(20, "x")}\n\n${block}\n\n${words(20, "y")}`));
    expect(texts).toContain(block);
  });

  it("keeps a heading, and a line that ends in a colon, with what follows", async () => {
    const lead = `# Heading\n\n${words(18, "x")}\n\nAs follows:\n\n- ${words(8, "a")}\n- ${words(8, "b")}`;
    const [, second] = textsOf(await chunksOf(lead));
    expect(second).toMatch(/^As follows:\n\n- a0/u);
  });

  it("divides a paragraph that would leave its heading alone", async () => {
    const text = `# Heading\n\n${sentences(4, 6)}`;
    const [first] = textsOf(await chunksOf(text));
    expect(first).toMatch(/^# Heading\n\nSentence .* ends\.$/su);
  });

  it("divides a long paragraph between sentences, into parts of nearly equal size", async () => {
    const chunks = await chunksOf(sentences(12, 5));
    for (const { text, tokens } of chunks) {
      expect(text).toMatch(/^Sentence .* ends\.$/su);
      expect(tokens).toBeGreaterThanOrEqual(10);
      expect(tokens).toBeLessThanOrEqual(20);
    }
  });

  it("divides Chinese between sentences", async () => {
    const sentence = "记录保存在数据库里，索引只是它的影子，崩溃之后可以重建。";
    const chunks = await chunkDocument({ id: "zh", text: sentence.repeat(40) }, small, new GptTokenizer(), never);
    expect(chunks.length).toBeGreaterThan(10);
    for (const { text, language } of chunks) {
      expect(text).toMatch(/^记录.*重建。$/u);
      expect(language).toBe("zh");
    }
  });

  it("divides a long list between items, a long table between rows and long code between lines", async () => {
    const items = Array.from({ length: 10 }, (_, index) => `- ${words(5, `i${index}w`)}`).join("\n");
    const rows = Array.from({ length: 12 }, (_, index) => `| ${index} | b |`).join("\n");
    const code = Array.from({ length: 30 }, (_, index) => `let v${index} = 1`).join("\n");
    for (const text of textsOf(await chunksOf(items))) expect(text).toMatch(/^- /u);
    for (const text of textsOf(await chunksOf(`| a | b |\n|---|---|\n${rows}`))) expect(text).toMatch(/^\|.*\|$/su);
    for (const text of textsOf(await chunksOf(`\`\`\`\n${code}\n\`\`\``))) expect(text).toMatch(/^(?:```\n)?let v\d/u);
  });

  it("cuts a sentence only where it alone is too long, between words", async () => {
    const long = `${words(60)}.`;
    const chunks = await chunksOf(`Short one. ${long}`);
    expect(textsOf(chunks).join(" ")).toBe(`Short one. ${long}`);
    for (const { tokens } of chunks) expect(tokens).toBeLessThanOrEqual(small.maxTokens);
  });

  it("never cuts a surrogate pair", async () => {
    const chunks = await chunkDocument({ id: "e", text: "𝒳😀".repeat(500) }, small, new GptTokenizer(), never);
    expect(chunks.length).toBeGreaterThan(10);
    for (const { text } of chunks) expect(text.isWellFormed()).toBe(true);
  });
});

describe("ids", () => {
  const text = "# One\n\nFirst.\n\n# Two\n\nSecond.\n\n# Three\n\nThird.";

  it("are the same for the same document, and others for another document", async () => {
    const ids = idsOf(await chunksOf({ id: "a", text }));
    expect(idsOf(await chunksOf({ id: "a", text }))).toEqual(ids);
    expect(idsOf(await chunksOf({ id: "b", text })).filter((id) => ids.includes(id))).toEqual([]);
    for (const id of ids) expect(id).toMatch(/^[\w-]{16}$/u);
  });

  it("stay in all sections but the one that changed", async () => {
    const before = idsOf(await chunksOf(text));
    const after = idsOf(await chunksOf(text.replace("Second.", "Second, with more words in it.")));
    expect(after.map((id) => before.indexOf(id))).toEqual([0, -1, 2]);
  });

  it("tell equal texts of one section apart by their order", async () => {
    const twice = "# Same\n\nAlike.\n\n# Same\n\nAlike.";
    const ids = idsOf(await chunksOf(twice));
    expect(new Set(ids).size).toBe(2);
    expect(idsOf(await chunksOf(twice))).toEqual(ids);
  });
});

describe("search text", () => {
  it("puts title and headings in front of the text, each once", async () => {
    const paragraphs = [words(14, "a"), words(14, "b")];
    const chunks = await chunksOf({ title: "Guide", text: `# Guide\n\n## Part\n\n${paragraphs.join("\n\n")}` });
    expect(chunks.map(({ searchText }) => searchText)).toEqual([
      `# Guide\n\n## Part\n\n${paragraphs[0]}`,
      `Guide\nPart\n${paragraphs[1]}`,
    ]);
  });

  it("does not repeat a title that is the whole text", async () => {
    expect(await chunksOf({ title: "Only a title", text: "Only a title" })).toMatchObject([
      { searchText: "Only a title" },
    ]);
  });
});

describe("language", () => {
  it.each([
    ["en", "The record is kept in the database and the index can be made again."],
    ["zh", "记录保存在数据库里，索引可以重建。"],
    ["ja", "記録はデータベースにあり、索引は作り直せます。"],
  ])("is %s where the text is", async (language, text) => {
    expect(await chunksOf(text)).toMatchObject([{ language }]);
  });

  it("is left out where it is not known", async () => {
    const [chunk] = await chunksOf("Η εγγραφή φυλάσσεται στη βάση δεδομένων και το ευρετήριο ξαναφτιάχνεται.");
    expect(chunk).not.toHaveProperty("language");
  });
});

describe("long work", () => {
  const long: SourceDocument = { id: "long", text: `${sentences(20, 12)}\n\n`.repeat(400) };

  it("lets others run in between", async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await chunkDocument(long, DEFAULT_CHUNK_SETTINGS, new GptTokenizer(), never);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it("ends when the caller aborts it", async () => {
    const caller = new AbortController();
    setTimeout(() => caller.abort(), 0);
    const chunks = chunkDocument(long, DEFAULT_CHUNK_SETTINGS, new GptTokenizer(), caller.signal);
    await expect(chunks).rejects.toMatchObject({ code: "cancelled" });
  });

  it("does not start under a signal that is aborted already", async () => {
    const chunks = chunkDocument(long, DEFAULT_CHUNK_SETTINGS, wordTokenizer, AbortSignal.abort());
    await expect(chunks).rejects.toMatchObject({ code: "cancelled" });
  });
});
