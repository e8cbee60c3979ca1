import { MANY_CALLERS, type Measured, TOP_K } from "./measure.ts";
import { markdownTable, middle, middleRatio, milliseconds, times, whole } from "./numbers.ts";
import type { Slice } from "./slice.ts";

export type Language = "en" | "zh";

/** What was measured over one set of data. */
export interface Results {
  readonly name: string;
  readonly size: number;
  readonly dimensions: number;
  readonly contenders: readonly Measured[];
}

const WORDS = {
  en: {
    heading: ({ name, size, dimensions }: Results) =>
      `### ${name === "" ? "" : `${name}: `}${whole(size)} vectors of ${dimensions} dimensions`,
    recall: `recall@${TOP_K}`,
    alone: "1 caller: p50, p99",
    together: `${MANY_CALLERS} callers: p50, p99`,
    throughput: `${MANY_CALLERS} callers: searches a second`,
    delay: "event-loop delay, p99",
    memory: "memory",
    inMemory: "ingest in memory",
    durable: "ingest, durable batch by batch",
    build: "index complete after",
    against: "Pharos against",
    p50: "p50, 1 caller",
    ratio: `throughput, ${MANY_CALLERS} callers`,
    none: "-",
  },
  zh: {
    heading: ({ name, size, dimensions }: Results) =>
      `### ${name === "" ? "" : `${name}：`}${whole(size)} 个 ${dimensions} 维向量`,
    recall: `recall@${TOP_K}`,
    alone: "1 个调用者：p50、p99",
    together: `${MANY_CALLERS} 个调用者：p50、p99`,
    throughput: `${MANY_CALLERS} 个调用者：每秒搜索次数`,
    delay: "事件循环延迟 p99",
    memory: "内存",
    inMemory: "导入内存",
    durable: "导入，逐批落盘",
    build: "索引建成用时",
    against: "Pharos 对比",
    p50: "p50，1 个调用者",
    ratio: `吞吐量，${MANY_CALLERS} 个调用者`,
    none: "-",
  },
} as const;

/** The tables of one set of data in Markdown: what was measured, then what Pharos, which comes first, is against each of the others. */
export function tablesOf(results: Results, language: Language): string {
  const { contenders } = results;
  const parts = [searchTable(contenders, language), ingestTable(results, language), ratioTable(contenders, language)];
  return [WORDS[language].heading(results), ...parts].join("\n\n");
}

function searchTable(contenders: readonly Measured[], language: Language): string {
  const words = WORDS[language];
  const rows = contenders.map(({ name, recall, alone, together, residentBytes }) => [
    name,
    recall.toFixed(4),
    latency(alone),
    latency(together),
    whole(middle(together, ({ searchesPerSecond }) => searchesPerSecond)),
    milliseconds(middle(together, ({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms)),
    `${whole(residentBytes / 1e6)} MB`,
  ]);
  const head = ["", words.recall, words.alone, words.together, words.throughput, words.delay, words.memory];
  return markdownTable([head, ...rows]);
}

function latency(slices: readonly Slice[]): string {
  return `${milliseconds(middle(slices, ({ p50Ms }) => p50Ms))}, ${milliseconds(middle(slices, ({ p99Ms }) => p99Ms))}`;
}

function ingestTable({ contenders, size }: Results, language: Language): string {
  const words = WORDS[language];
  const duration = (ms: number | undefined) =>
    ms === undefined ? words.none : `${(ms / 1_000).toFixed(1)} s (${whole((ms / size) * 1_000)} us)`;
  const rows = contenders.map((one) => [
    one.name,
    duration(one.inMemoryMs),
    duration(one.durableMs),
    duration(one.buildMs),
  ]);
  return markdownTable([["", words.inMemory, words.durable, words.build], ...rows]);
}

function ratioTable([pharos, ...others]: readonly Measured[], language: Language): string {
  if (pharos === undefined) return "";
  const words = WORDS[language];
  const slower = (ms: number | undefined) => times((ms ?? Number.NaN) / (pharos.durableMs ?? Number.NaN));
  const rows = others.map(({ name, alone, together, inMemoryMs, durableMs }) => [
    name,
    times(middleRatio(alone, pharos.alone, ({ p50Ms }) => p50Ms)),
    times(middleRatio(pharos.together, together, ({ searchesPerSecond }) => searchesPerSecond)),
    slower(inMemoryMs),
    slower(durableMs),
  ]);
  return markdownTable([[words.against, words.p50, words.ratio, words.inMemory, words.durable], ...rows]);
}
