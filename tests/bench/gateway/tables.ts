import { markdownTable, milliseconds, times } from "../retrieval/numbers.ts";
import type { Language } from "../retrieval/tables.ts";
import { DIRECT, type Kind, MANY_CALLERS, type Measured, type Slice } from "./measure.ts";

const WORDS = {
  en: {
    json: "JSON",
    stream: "a stream of 30 chunks",
    processor: "CPU a request",
    against: "against the first",
    throughput: `${MANY_CALLERS} callers: requests a second`,
    alone: "1 caller: p50, p99",
    together: `${MANY_CALLERS} callers: p50, p99`,
    firstToken: "first token, 1 caller: p50",
    added: "added",
    ours: "Pharos",
    ratios: "Pharos against",
    moreThroughput: "throughput",
    sooner: "p50, 1 caller",
    dirty: (count: number, all: number) => `${count} of ${all} slices were disturbed from outside and do not count.`,
    allDirty: "Others used the machine all the time: every slice was disturbed, and the figures are only a hint.",
  },
  zh: {
    json: "JSON",
    stream: "30 个片段的流",
    processor: "每个请求的 CPU",
    against: "相对第一个",
    throughput: `${MANY_CALLERS} 个调用者：每秒请求数`,
    alone: "1 个调用者：p50、p99",
    together: `${MANY_CALLERS} 个调用者：p50、p99`,
    firstToken: "首个词元，1 个调用者：p50",
    added: "增加",
    ours: "Pharos",
    ratios: "Pharos 对比",
    moreThroughput: "吞吐量",
    sooner: "p50，1 个调用者",
    dirty: (count: number, all: number) => `${all} 个时间片中有 ${count} 个受到外部干扰，不计入。`,
    allDirty: "机器一直被其他程序占用：所有时间片都受到干扰，数字仅供参考。",
  },
} as const;

/** For JSON and for streams: what each gateway costs, and what Pharos is against each of the others. Pharos comes last, what all are told in multiples of comes first. */
export function gatewayTables(all: readonly Measured[], language: Language): string {
  const words = WORDS[language];
  const slices = all.flatMap((one) => one.slices);
  const dirty = slices.filter((slice) => slice.dirty).length;
  const remarks = dirty === 0 ? [] : [dirty === slices.length ? words.allDirty : words.dirty(dirty, slices.length)];
  const parts = [false, true].flatMap((streamed) => [
    `### ${streamed ? words.stream : words.json}`,
    costTable(all, streamed, language),
    ratioTable(all, streamed, language),
  ]);
  return [...remarks, ...parts].join("\n\n");
}

function costTable(all: readonly Measured[], streamed: boolean, language: Language): string {
  const words = WORDS[language];
  const first = all.find(({ name }) => name !== DIRECT);
  const direct = all.find(({ name }) => name === DIRECT);
  const head = ["", words.processor, words.against, words.throughput, words.alone, words.together];
  const rows = all.map((one) => {
    const [alone, together] = clean(one, streamed);
    const gateway = one.name !== DIRECT;
    const firstToken = [
      milliseconds(firstByteMs(alone)),
      gateway ? milliseconds(firstByteMs(alone) - firstByteMs(clean(direct, true)[0])) : "-",
    ];
    return [
      one.name,
      gateway ? `${processorUs(together).toFixed(0)} us` : "-",
      gateway ? times(processorUs(together) / processorUs(clean(first, streamed)[1])) : "-",
      Math.round(perSecond(together)).toLocaleString("en"),
      `${milliseconds(quantile(alone, 0.5))}, ${milliseconds(quantile(alone, 0.99))}`,
      `${milliseconds(quantile(together, 0.5))}, ${milliseconds(quantile(together, 0.99))}`,
      ...(streamed ? firstToken : []),
    ];
  });
  return markdownTable([[...head, ...(streamed ? [words.firstToken, words.added] : [])], ...rows]);
}

function ratioTable(all: readonly Measured[], streamed: boolean, language: Language): string {
  const words = WORDS[language];
  const ours = all.find(({ name }) => name === words.ours);
  const [alone, together] = clean(ours, streamed);
  const others = all.filter((one) => one !== ours && one.name !== DIRECT);
  const rows = others.map((other) => {
    const [otherAlone, otherTogether] = clean(other, streamed);
    return [
      other.name,
      times(processorUs(otherTogether) / processorUs(together)),
      times(perSecond(together) / perSecond(otherTogether)),
      times(quantile(otherAlone, 0.5) / quantile(alone, 0.5)),
    ];
  });
  return markdownTable([[words.ratios, words.processor, words.moreThroughput, words.sooner], ...rows]);
}

/** Its slices of one caller and of many: those that nobody disturbed, or all where each was disturbed. */
function clean(one: Measured | undefined, streamed: boolean): readonly [readonly Slice[], readonly Slice[]] {
  const of = (matches: (kind: Kind) => boolean) => {
    const slices = one?.slices.filter(({ kind }) => kind.streamed === streamed && matches(kind)) ?? [];
    const undisturbed = slices.filter(({ dirty }) => !dirty);
    return undisturbed.length > 0 ? undisturbed : slices;
  };
  return [of(({ callers }) => callers === 1), of(({ callers }) => callers > 1)];
}

/** The least of all slices, which comes out the same each time; what is above it are disturbances. */
function processorUs(slices: readonly Slice[]): number {
  return Math.min(...slices.map((slice) => slice.processorUs));
}

function perSecond(slices: readonly Slice[]): number {
  return median(slices.map(({ load }) => load.requests / load.seconds));
}

function firstByteMs(slices: readonly Slice[]): number {
  return median(slices.map(({ load }) => at(load.firstBytesMs, 0.5)));
}

/** Median over the slices of this quantile of the latency. */
function quantile(slices: readonly Slice[], share: number): number {
  return median(slices.map(({ load }) => at(load.latenciesMs, share)));
}

function at(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}

function median(numbers: readonly number[]): number {
  return at(
    numbers.toSorted((one, other) => one - other),
    0.5,
  );
}
