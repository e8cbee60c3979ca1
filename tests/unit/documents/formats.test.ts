import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readDocument, readDocuments, sectionTexts, writtenFile } from "./read-documents.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/documents/", import.meta.url));
const fixture = (path: string) => readDocument(join(fixtures, path));

describe("Markdown", () => {
  it("gives the text without its front matter, whose plain fields are metadata", async () => {
    const document = await fixture("en/crash-safety.md");
    expect(document).toMatchObject({
      title: "Crash safety",
      metadata: { tags: ["storage", "recovery"], reviewed: "2026-03-01", priority: 2, draft: false },
    });
    expect(document.metadata).not.toHaveProperty("owner");
    expect(document.text).toMatch(/^# How the record survives\n/u);
    expect(document).not.toHaveProperty("sections");
  });

  it("takes the first heading of the first level as title, in any language", async () => {
    expect(await fixture("zh/崩溃安全.md")).toMatchObject({ title: "崩溃安全" });
    const path = await writtenFile("a.md", "```\n# no\n```\n\n## Nor this\n\nThe **real** [one](x.md)\n===\n");
    expect(await readDocument(path)).toMatchObject({ title: "The real one" });
  });

  it("has no title where there is none", async () => {
    expect(await readDocument(await writtenFile("a.md", "Just text.\n\n## Part\n"))).not.toHaveProperty("title");
  });

  it.each([
    ["rules around prose", "---\nnot: a: mapping\n---\n\nText."],
    ["a rule without an end", "---\ntitle: x\n\nText."],
  ])("takes %s for text", async (_, text) => {
    const document = await readDocument(await writtenFile("a.md", text));
    expect(document.text).toBe(text);
    expect(document).not.toHaveProperty("metadata");
  });
});

describe("the readers of a file's document", () => {
  it("stand in Markdown's front matter and in a line of JSONL, and are no metadata", async () => {
    const readers = { users: ["ada", "艾达"], groups: ["captains"] };
    const markdown = "---\ntitle: Plan\nreaders:\n  users: [ada, 艾达]\n  groups: [captains]\n---\nText.";
    const fromMarkdown = await readDocument(await writtenFile("a.md", markdown));
    const line = JSON.stringify({ id: "a", text: "Text.", readers });
    const fromJsonl = await readDocument(await writtenFile("a.jsonl", line));
    for (const document of [fromMarkdown, fromJsonl]) {
      expect(document).toMatchObject({ text: "Text.", readers });
      expect(document).not.toHaveProperty("metadata");
    }
    const nobodys = await readDocument(await writtenFile("b.md", "---\nreaders: { users: [] }\n---\nText."));
    expect(nobodys.readers).toEqual({ users: [], groups: [] });
  });

  it.each([
    ["a text", "readers: ada"],
    ["nothing", "readers:"],
    ["a list", "readers: [ada]"],
    ["no list of users", "readers: { users: ada }"],
    ["a number for an id", "readers: { users: [7] }"],
    ["another kind", "readers: { user: [ada] }"],
    ["other letters", "Readers: { users: [ada] }"],
    ["broken YAML", "title: a: b\nreaders: { users: [ada] }"],
    ["readers twice", "readers: { users: [ada] }\nreaders: { users: [bob] }"],
    ["YAML that is no mapping", "- readers: { users: [ada] }\n- readers : 1\n  readers : 2"],
    ["too much before them", `note: ${"x".repeat(65_000)}\nreaders: { users: [ada] }\nmore: ${"y".repeat(2_000)}`],
  ])("make a failure of Markdown that has %s, never a document for everybody", async (_what, yaml) => {
    const path = await writtenFile("a.md", `---\n${yaml}\n---\n\nText.`);
    const { documents, failures } = await readDocuments([path]);
    expect(documents).toEqual([]);
    expect(failures).toEqual([{ source: path, reason: expect.stringMatching(/readers/u) }]);
  });

  it.each([
    ["front matter without an end", "---\nreaders: { users: [ada] }\n\nText."],
    ["front matter below an empty line", "\n---\nreaders: { users: [ada] }\n---\nText."],
  ])("make a failure of %s", async (_what, text) => {
    const { documents, failures } = await readDocuments([await writtenFile("a.md", text)]);
    expect([documents.length, failures.length]).toEqual([0, 1]);
  });

  it.each([null, 1_200, "ada", { users: [""] }, {}])(
    "make a failure of a line of JSONL where they are %j",
    async (readers) => {
      const lines = [
        { id: "a", text: "Text.", readers },
        { id: "b", text: "Text." },
      ].map((line) => JSON.stringify(line));
      const path = await writtenFile("a.jsonl", lines.join("\n"));
      const { documents, failures } = await readDocuments([path]);
      expect(documents.map(({ id }) => id)).toEqual(["b"]);
      expect(failures).toEqual([
        { source: `${path}:1`, reason: expect.stringMatching(/^The readers cannot be understood/u) },
      ]);
    },
  );
});

describe("plain text", () => {
  it("is taken as it stands, with no line as a heading", async () => {
    const document = await fixture("en/notes.txt");
    expect(document.text).toBe("Plain notes\n\n# not a heading\n\nThe lamp is lit at dusk.\n");
    expect(sectionTexts(document)).toEqual([{ path: [], text: document.text }]);
  });

  it("may be UTF-16 with a byte order mark", async () => {
    const bytes = Buffer.from("\ufeff灯 lamp", "utf16le");
    expect(await readDocument(await writtenFile("a.txt", bytes))).toMatchObject({ text: "灯 lamp" });
  });

  it("loses the byte order mark of UTF-8", async () => {
    expect(await readDocument(await writtenFile("a.txt", "\ufefflamp"))).toMatchObject({ text: "lamp" });
  });
});

describe("HTML", () => {
  it("gives the article with lists, code and tables in Markdown's form, and nothing around it", async () => {
    const { title, text } = await fixture("en/article.html");
    expect(title).toBe("The keeper's handbook");
    expect(text).toContain("in ink, together with the state of the sea & the wind.");
    expect(text).toContain("- Linen cloth\n- Spirit of wine\n  - a gill a week");
    expect(text).toContain('```\nlens.wipe({\n  cloth: "linen",\n});\n```');
    expect(text).toContain("| Flag | Meaning |\n| --- | --- |\n| Blue | Come ashore |");
    expect(text).not.toMatch(/never run|color|Home|All rights|Not to be seen/u);
  });

  it("gives its headings as the paths of sections that cover the text", async () => {
    const document = await fixture("en/article.html");
    const sections = sectionTexts(document);
    expect(sections.map(({ text }) => text).join("")).toBe(document.text);
    expect(sections.map(({ path }) => path)).toEqual([
      [],
      ["Care of the lens"],
      ["Care of the lens", "Tools"],
      ["Signals"],
    ]);
    expect(sections[3]?.text).toMatch(/^Signals\n\n\| Flag/u);
  });

  it("is read in the encoding that it declares, and by its body where it is too short for an article", async () => {
    const document = await fixture("zh/handbook.html");
    expect(document.title).toBe("灯塔手册");
    expect(sectionTexts(document)).toEqual([
      { path: ["灯塔手册"], text: "灯塔手册\n\n黄昏点灯，黎明熄灯。\n\n" },
      { path: ["灯塔手册", "透镜"], text: "透镜\n\n每天早晨用亚麻布擦拭透镜。" },
    ]);
  });

  it.each([
    ["a fragment", "<p>The lamp is lit.</p>"],
    ["a page without a root", "<body><nav>Home</nav><p>The lamp is lit.</p></body>"],
    ["bare words", "The lamp is lit."],
    ["unclosed tags", "<html><body><div><p>The lamp <b>is lit."],
  ])("may be %s", async (_, markup) => {
    expect(await readDocument(await writtenFile("a.html", markup))).toMatchObject({ text: "The lamp is lit." });
  });

  it("sets a layout table as paragraphs, and cells with lists too", async () => {
    const path = await writtenFile("a.html", "<table><tr><td>One<td>Two</tr><tr><td><ul><li>x</ul></table>");
    expect(await readDocument(path)).toMatchObject({ text: "One\n\nTwo\n\n- x" });
  });

  it("fences code that holds a fence", async () => {
    const path = await writtenFile("a.html", "<pre>```\nx\n```</pre>");
    expect(await readDocument(path)).toMatchObject({ text: "````\n```\nx\n```\n````" });
  });

  it("fails on its own where it is nested beyond measure", async () => {
    const { failures } = await readDocuments([await writtenFile("deep.html", `${"<div>".repeat(10_000)}x`)]);
    expect(failures).toMatchObject([{ reason: expect.stringContaining("nested too deeply") }]);
  });
});

describe("JSONL", () => {
  it("gives a document for each line, and a failure with its number for each broken one", async () => {
    const path = join(fixtures, "en/passages.jsonl");
    const { documents, failures } = await readDocuments([path]);
    expect(documents).toEqual([
      {
        id: "p1",
        title: "The lamp",
        text: "The lamp is lit at dusk.",
        uri: "https://example.org/lamp",
        metadata: { shore: "north", year: 1850, lit: true, keepers: ["Ida", "Grace"] },
      },
      { id: "2", text: "灯在黄昏点亮。", uri: "lamp.md" },
      { id: "p3", title: "Only a title", text: "Only a title", uri: path },
      { id: "passages.jsonl:7", text: "No id.", uri: path },
      { id: "p6", text: "The last line has no line feed.", uri: path },
    ]);
    expect(failures.map(({ source }) => source)).toEqual([5, 6, 8].map((line) => `${path}:${line}`));
    expect(failures.map(({ reason }) => reason)).toEqual([
      "The line is not valid JSON.",
      "The field `title` must be a text.",
      "The line must hold a JSON object.",
    ]);
  });

  it("passes over a line that is too long, whole and without its length in memory", async () => {
    const lines = [
      { id: "a", text: "short" },
      { id: "b", text: "x".repeat(200_000) },
      { id: "c", text: "short" },
    ];
    const path = await writtenFile("a.jsonl", lines.map((line) => JSON.stringify(line)).join("\r\n"));
    const { documents, failures } = await readDocuments([path], { maxBytes: 1_000 });
    expect(documents.map(({ id }) => id)).toEqual(["a", "c"]);
    expect(failures).toEqual([
      { source: `${path}:2`, reason: "The line is too long; at most 1000 bytes are allowed." },
    ]);
  });

  it("says which limit a document breaks", async () => {
    const lines = [
      { id: "x".repeat(513), text: "x" },
      { id: ".", text: "x" },
      { id: "..", text: "x" },
      { id: "a", text: "x", note: "x".repeat(4_097) },
      { id: "b", text: " \n", title: "" },
      { id: "c", text: "x", ...Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, index])) },
    ];
    const path = await writtenFile("a.ndjson", lines.map((line) => JSON.stringify(line)).join("\n"));
    const { documents, failures } = await readDocuments([path]);
    expect(documents).toEqual([]);
    expect(failures.map(({ reason }) => reason)).toEqual([
      "The id has 513 characters; at most 512 are allowed.",
      "The id cannot be `.` or `..`.",
      "The id cannot be `.` or `..`.",
      "The metadata field note has 4097 characters; at most 4096 are allowed.",
      "The text is empty.",
      "The metadata has 65 fields; at most 64 are allowed.",
    ]);
  });

  it("replaces half a surrogate pair, which nothing could store", async () => {
    const path = await writtenFile("a.jsonl", String.raw`{"id": "a", "text": "x\ud83dy", "note": "\udc00"}`);
    expect(await readDocument(path)).toMatchObject({ text: "x\ufffdy", metadata: { note: "\ufffd" } });
  });
});
