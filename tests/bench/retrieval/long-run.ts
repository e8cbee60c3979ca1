import { join } from "node:path";
import type { DataSet } from "./data-set.ts";
import { DOCUMENTS_PER_BATCH, MANY_CALLERS, type Say, TOP_K } from "./measure.ts";
import { markdownTable, whole } from "./numbers.ts";
import { RemoteContender } from "./remote-contender.ts";
import type { Language } from "./tables.ts";

const LOOK_EVERY_MS = 200;

/** Memory of the service and its engine together once so many searches are done, and the most since the mark before. */
export interface Mark {
  readonly searches: number;
  readonly residentBytes: number;
  readonly mostBytes: number;
}

/** Has Pharos answer so many searches of 32 callers; a mark at every hundred-thousandth, or tenth part where they are fewer. */
export async function searchAtLength(dataSet: DataSet, searches: number, say: Say): Promise<Mark[]> {
  const pharos = new RemoteContender("Pharos");
  const marks: Mark[] = [];
  const perMark = Math.min(100_000, Math.ceil(searches / 10));
  await pharos.ask("open", {
    contender: "Pharos",
    dataSet: dataSet.directory,
    directory: join(dataSet.directory, "long"),
  });
  await pharos.ask("build", { documentsPerBatch: DOCUMENTS_PER_BATCH, saves: 0 });
  for (let done = perMark; done <= searches; done += perMark) {
    let mostBytes = 0;
    const look = setInterval(() => {
      mostBytes = Math.max(mostBytes, pharos.residentBytes);
    }, LOOK_EVERY_MS);
    await pharos.ask("searches", { count: perMark, callers: MANY_CALLERS, topK: TOP_K });
    clearInterval(look);
    marks.push({ searches: done, residentBytes: pharos.residentBytes, mostBytes });
    say(`${whole(done)} searches: ${whole(pharos.residentBytes / 1e6)} MB, at most ${whole(mostBytes / 1e6)} MB`);
  }
  await pharos.close();
  return marks;
}

const WORDS = {
  en: ["searches", "memory of service and engine", "the most since the line before"],
  zh: ["搜索次数", "服务与引擎的内存", "上一行以来的最大值"],
} as const;

export function longRunTable(marks: readonly Mark[], language: Language): string {
  const megabytes = (bytes: number) => `${whole(bytes / 1e6)} MB`;
  const rows = marks.map((mark) => [whole(mark.searches), megabytes(mark.residentBytes), megabytes(mark.mostBytes)]);
  return markdownTable([WORDS[language], ...rows]);
}
