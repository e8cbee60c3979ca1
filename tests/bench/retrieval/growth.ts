import { join } from "node:path";
import type { DataSet } from "./data-set.ts";
import { DOCUMENTS_PER_BATCH, TOP_K } from "./measure.ts";
import { markdownTable, milliseconds, whole } from "./numbers.ts";
import type { Built, Grown } from "./protocol.ts";
import { RemoteContender } from "./remote-contender.ts";
import type { Slice } from "./slice.ts";
import type { Language } from "./tables.ts";

const REST_MS = 5_000;

/** What was measured of Pharos: its first passages, one caller's searches once the index was complete, and the passages that were added then. */
export interface Growth {
  readonly passages: number;
  readonly built: Built;
  readonly atRest: Slice;
  readonly grown: Grown;
}

/** Adds the last passages, so many, to an index that is complete, while one caller searches. */
export async function growWhileSearched(dataSet: DataSet, added: number): Promise<Growth> {
  const pharos = new RemoteContender("Pharos");
  const directory = join(dataSet.directory, "growth");
  await pharos.ask("open", { contender: "Pharos", dataSet: dataSet.directory, directory });
  const passages = dataSet.size - added;
  const built = await pharos.ask("build", { documentsPerBatch: DOCUMENTS_PER_BATCH, saves: 0, passages });
  const atRest = await pharos.ask("slice", { callers: 1, durationMs: REST_MS, topK: TOP_K });
  const grown = await pharos.ask("grow", { documentsPerBatch: DOCUMENTS_PER_BATCH, topK: TOP_K });
  await pharos.close();
  return { passages, built, atRest, grown };
}

const WORDS = {
  en: {
    head: ["", "a passage", "1 caller meanwhile: p50, p99"],
    first: (count: string) => `the first ${count}, nobody searches`,
    rest: "index complete, nothing is added",
    more: (count: string) => `${count} more`,
  },
  zh: {
    head: ["", "每个段落", "同时有 1 个调用者：p50、p99"],
    first: (count: string) => `最初 ${count} 个，无人搜索`,
    rest: "索引已建成，没有导入",
    more: (count: string) => `再导入 ${count} 个`,
  },
} as const;

export function growthTable({ passages, built, atRest, grown }: Growth, language: Language): string {
  const words = WORDS[language];
  const each = (ms: number, count: number) => `${whole((ms / count) * 1_000)} us`;
  const searches = ({ p50Ms, p99Ms }: Slice) => `${milliseconds(p50Ms)}, ${milliseconds(p99Ms)}`;
  return markdownTable([
    words.head,
    [words.first(whole(passages)), each(built.durableMs ?? Number.NaN, passages), "-"],
    [words.rest, "-", searches(atRest)],
    [words.more(whole(grown.passages)), each(grown.ms, grown.passages), searches(grown.searches)],
  ]);
}
