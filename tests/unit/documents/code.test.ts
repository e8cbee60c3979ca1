import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeSections } from "../../../adapters/outbound/documents/code-sections.ts";
import { KNOWN_EXTENSIONS } from "../../../adapters/outbound/documents/formats.ts";
import { readDocument, sectionTexts, writtenFile } from "./read-documents.ts";

const TYPESCRIPT = `// Licence.

import { a } from "./a.ts";
import { b } from "./b.ts";

/**
 * Lights the lamp.
 */
export async function light(
  lamp: Lamp,
): Promise<void> {
  await lamp.light();

  log("lit");
}

const ONE = 1;

@Keeper("Ida")
export class Tower
{
  height = 30;

  climb() {
    return this.height;
  }
}
`;

const sectionsOf = (text: string) =>
  codeSections(text).map(({ path, start, end }) => ({ path, text: text.slice(start, end) }));
const pathsOf = (text: string) => codeSections(text).map(({ path }) => path);

describe("code", () => {
  it("keeps its text as it stands, its name as title and its language as metadata", async () => {
    const document = await readDocument(await writtenFile("tower.TS", `\ufeff${TYPESCRIPT}`));
    expect(document).toMatchObject({
      title: "tower.TS",
      text: TYPESCRIPT,
      metadata: { programming_language: "typescript" },
    });
    expect(
      sectionTexts(document)
        .map(({ text }) => text)
        .join(""),
    ).toBe(TYPESCRIPT);
    expect(document.sections?.every(({ isCode }) => isCode)).toBe(true);
  });

  it("has a section for each declaration, with the comments and decorators before it", () => {
    expect(sectionsOf(TYPESCRIPT).map(({ path, text }) => [path, text.split("\n", 1)[0]])).toEqual([
      [[], "// Licence."],
      [["export async function light"], "/**"],
      [[], "const ONE = 1;"],
      [["export class Tower"], '@Keeper("Ida")'],
    ]);
  });

  it.each([
    [
      "Python",
      'import os\n\n# Of the tower.\n@dataclass\nclass Tower(Base):\n    """High."""\n    height = 30\n\n    def climb(self):\n        return 1\n\nif __name__ == "__main__":\n    one()\n    two()\n    three()\n',
      [[], ["class Tower(Base)"], []],
    ],
    [
      "Go",
      "package main\n\nfunc (t *Tower) Climb() error {\n\tone()\n\ttwo()\n\tthree()\n}\n",
      [[], ["func (t *Tower) Climb() error"]],
    ],
    [
      "Rust",
      "use std::fs;\n\n#[derive(Debug)]\npub struct Tower {\n    height: u32,\n    lamp: Lamp,\n    keeper: String,\n}\n",
      [[], ["pub struct Tower"]],
    ],
    [
      "Ruby",
      "require 'x'\n\nclass Tower < Base\n  def climb\n    one\n  end\nend\n\nx = 1\n",
      [[], ["class Tower < Base"], []],
    ],
    ["C", "#include <stdio.h>\n\nint main(void)\n{\n    one();\n    two();\n}\n", [[], ["int main(void)"]]],
    ["YAML", "version: 1\nserver:\n  host: a\n  port: 1\n  tls: true\nlog: x\n", [[], ["server"], []]],
    [
      "JSON",
      '{\n  "name": "x",\n  "server": {\n    "host": 1,\n    "port": 2\n  },\n  "last": 1\n}\n',
      [[], ['"server"'], []],
    ],
    [
      "SQL",
      "-- Towers.\nCREATE TABLE tower (\n  id INT,\n  height INT\n);\n\nSELECT 1;\n",
      [["CREATE TABLE tower"], []],
    ],
  ])("tells the declarations of %s by their indentation", (_, text, paths) => {
    expect(pathsOf(text)).toEqual(paths);
  });

  it("parts a long declaration by its members", () => {
    const method = (name: string) => `  /** ${name} */\n  ${name}() {\n${"    step();\n".repeat(20)}  }\n`;
    const text = `class Tower {\n  height = 3;\n\n${["one", "two", "three"].map(method).join("\n")}}\n`;
    expect(pathsOf(text)).toEqual([
      ["class Tower"],
      ["class Tower", "one()"],
      ["class Tower", "two()"],
      ["class Tower", "three()"],
    ]);
    expect(sectionsOf(text)[0]?.text).toBe("class Tower {\n  height = 3;\n\n");
    expect(sectionsOf(text).at(-1)?.text).toMatch(/\}\n\}\n$/u);
  });

  it("covers any text, in order and without a gap", () => {
    const line = fc.string({
      unit: fc.constantFrom("a", " ", "\t", "{", "}", "/", "*", "#", "@", ":", "\r", "灯"),
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const text = lines.join("\n");
        const sections = codeSections(text);
        expect(sections.map(({ start, end }) => text.slice(start, end)).join("")).toBe(text);
        for (const [index, { start }] of sections.entries()) expect(start).toBe(sections[index - 1]?.end ?? 0);
      }),
    );
  });

  it("reads the usual kinds of files", () => {
    const usual = ".ts .tsx .js .mjs .py .go .rs .java .kt .c .h .cpp .cs .rb .php .sh .sql .yaml .yml .toml .json";
    expect(KNOWN_EXTENSIONS).toEqual(expect.arrayContaining(usual.split(" ")));
    expect(new Set(KNOWN_EXTENSIONS).size).toBe(KNOWN_EXTENSIONS.length);
  });

  it.each(["docs/ingestion.md", "docs/zh/ingestion.md"])("%s names every kind of file that is read", async (path) => {
    const page = await readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
    expect(KNOWN_EXTENSIONS.filter((extension) => !page.includes(`\`${extension}\``))).toEqual([]);
  });
});
