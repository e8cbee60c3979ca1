import type { Built } from "./protocol.ts";
import type { Slice } from "./slice.ts";

type Read = (slice: Slice) => number;

/** The middle one; NaN where there is none. */
function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN;
}

/** Median of each time over the builds. */
export function middleBuilt(builds: readonly Built[]): Built {
  const of = (read: (built: Built) => number | undefined) => {
    const found = builds.map(read).filter((ms) => ms !== undefined);
    return found.length === 0 ? undefined : median(found);
  };
  const [inMemoryMs, durableMs] = [of((built) => built.inMemoryMs), of((built) => built.durableMs)];
  return {
    ...(inMemoryMs === undefined ? {} : { inMemoryMs }),
    ...(durableMs === undefined ? {} : { durableMs }),
    buildMs: median(builds.map(({ buildMs }) => buildMs)),
  };
}

/** Median over the rounds. */
export function middle(slices: readonly Slice[], read: Read): number {
  return median(slices.map(read));
}

/** Median over the rounds of what one is against the other in the same round. */
export function middleRatio(slices: readonly Slice[], others: readonly Slice[], read: Read): number {
  return median(slices.map((slice, round) => read(slice) / read(others[round]!)));
}

export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** To three digits, so that what is just below a round number does not look like it. */
export function times(ratio: number): string {
  return Number.isNaN(ratio) ? "-" : `x ${ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0)}`;
}

/** Rows of cells, the first one the head. */
export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
