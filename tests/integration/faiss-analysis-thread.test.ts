import { describe, expect, it, onTestFinished } from "vitest";
import { analysePassage, type PassageText } from "../../adapters/outbound/faiss/engine/analysis.ts";
import { AnalysisThread } from "../../adapters/outbound/faiss/engine/analysis-thread.ts";

const PASSAGES: readonly PassageText[] = [
  { title: "Lighthouses", searchText: "Lighthouses\nThe keeper of the lighthouse lights the lamps." },
  { title: "", searchText: "灯塔照亮港口。" },
  { title: "", searchText: "灯塔照亮港口。", language: "ja" },
  { title: "", searchText: "" },
];

function open(): AnalysisThread {
  const thread = new AnalysisThread();
  onTestFinished(() => thread.close());
  return thread;
}

const expected = (passages: readonly PassageText[]) => passages.map((passage) => analysePassage(passage));

describe("AnalysisThread", () => {
  it("gives each call the terms of its own passages, in their order", async () => {
    const thread = open();
    const calls = [PASSAGES, [], PASSAGES.toReversed(), PASSAGES.slice(1)];
    expect(await Promise.all(calls.map((passages) => thread.analyse(passages)))).toEqual(calls.map(expected));
  });

  it("fails what waits where the thread dies, and starts another for the next call", async () => {
    const thread = open();
    const broken = [{ title: null, searchText: null }] as unknown as readonly PassageText[];
    await expect(thread.analyse(broken)).rejects.toThrow(TypeError);
    expect(await thread.analyse(PASSAGES)).toEqual(expected(PASSAGES));
  });

  it("fails what waits where it is closed", async () => {
    const thread = open();
    const waiting = thread.analyse(PASSAGES);
    const closed = thread.close();
    await expect(waiting).rejects.toThrow("closes");
    await closed;
  });
});
