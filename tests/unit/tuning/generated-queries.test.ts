import { describe, expect, it } from "vitest";
import { GENERATED_QUERIES, generateQueries } from "../../../application/generated-queries.ts";
import type { SourceDocument } from "../../../domain/document.ts";

function page(id: string, title: string, headings: readonly string[], body: string): SourceDocument {
  const text = `# ${title}\n\n${body}`;
  const sections = [[], ...headings.map((heading) => [title, heading])].map((path) => ({
    start: 0,
    end: text.length,
    path,
  }));
  return { id, title, text, sections };
}

const texts = (documents: readonly SourceDocument[]) => generateQueries(documents).queries.map(({ text }) => text);

describe("generateQueries", () => {
  it("asks for titles and headings, each answered by its own document, which says them no more", () => {
    const documents = [
      page("tides", "Tidal currents", ["Spring and neap tides"], "The sea rises twice a day."),
      page("lamps", "Lighthouse lamps", [], "A keeper lights them at dusk."),
    ];
    const { queries, judgements, documents: left } = generateQueries(documents);
    const answers = queries.map(({ id, text }) => [text, [...(judgements.get(id) ?? [])]]);
    expect(answers.toSorted()).toEqual([
      ["Lighthouse lamps", [["lamps", 1]]],
      ["Spring and neap tides", [["tides", 1]]],
      ["Tidal currents", [["tides", 1]]],
    ]);
    expect(left.map(({ id }) => id)).toEqual(["tides", "lamps"]);
    expect(JSON.stringify(left)).not.toMatch(/Tidal|Lighthouse|neap/u);
  });

  it("works for Chinese", () => {
    const documents = [
      page("a", "灯塔的历史", ["简介", "建造年代"], "一八五零年建成，每天黄昏点亮。"),
      page("b", "渡轮时刻表", ["简介"], "上午九点出发。"),
    ];
    expect(texts(documents).toSorted()).toEqual(["建造年代", "渡轮时刻表", "灯塔的历史"]);
  });

  it("leaves out names that are short, that several documents have, or whose words stand everywhere", () => {
    const common = "The general theory of modern machines and their parts. ";
    const documents = Array.from({ length: 40 }, (_, index) =>
      page(
        `${index}`,
        index === 0 ? "General theory of modern machines" : `Subject ${index}`,
        ["Introduction", "See also this"],
        common,
      ),
    );
    expect(texts(documents)).toEqual([]);
    expect(texts([...documents, page("x", `Zebra crossings ${"x".repeat(200)}`, [], common)])).toEqual([]);
    expect(texts([...documents, page("x", "Zebra crossings", [], common)])).toEqual(["Zebra crossings"]);
  });

  it("leaves out documents that hold nothing but their names, and what they are called", () => {
    const { queries, documents } = generateQueries([
      { id: "bare", title: "Root extraction", text: "Root extraction", sections: [{ start: 0, end: 15, path: [] }] },
    ]);
    expect([queries, documents]).toEqual([[], []]);
  });

  it("makes no more than its bounds allow, and the same ones again", () => {
    const documents = Array.from({ length: 400 }, (_, index) => {
      const word = (part: number) => `w${index}x${part}`;
      return page(
        `${index}`,
        `${word(0)} ${word(1)}`,
        [2, 4, 6, 8].map((part) => `${word(part)} ${word(part + 1)}`),
        "Text.",
      );
    });
    const { queries, judgements } = generateQueries(documents);
    expect(queries).toHaveLength(GENERATED_QUERIES);
    const perDocument = new Map<string, number>();
    for (const gains of judgements.values()) {
      for (const id of gains.keys()) perDocument.set(id, (perDocument.get(id) ?? 0) + 1);
    }
    expect(Math.max(...perDocument.values())).toBeLessThanOrEqual(3);
    expect(generateQueries(documents).queries).toEqual(queries);
  });
});
