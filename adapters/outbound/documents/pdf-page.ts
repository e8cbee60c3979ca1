/** A run of text as PDF.js places it; the transform's last two numbers are its left end and baseline, from the bottom left. */
export interface PlacedText {
  readonly str: string;
  readonly transform: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly hasEOL: boolean;
}

interface Line {
  text: string;
  /** Of the first run. */
  readonly baseline: number;
  height: number;
  right: number;
}

/** Baselines further apart than this many line heights, or a jump upwards, part paragraphs. */
const PARAGRAPH_GAP = 1.6;
/** A line that reaches this share of the widest one was wrapped there. */
const FULL_LINE = 0.85;
const IDEOGRAPH_AT_END = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}，、；：]$/u;
const IDEOGRAPH_AT_START = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}（《「『]/u;

const MIN_RUNNING_PAGES = 4;
const RUNNING_SHARE = 0.3;
const FIRST_LINE = /^.*/u;
const LAST_LINE = /(?<![^\n]).*$/u;

/**
 * The text of one page: a line break where a line ends, an empty line between paragraphs. A word that was hyphenated at
 * a line's end is whole again, and a wrapped line of Chinese or Japanese goes on without a break.
 */
export function pageText(runs: readonly PlacedText[]): string {
  const lines = linesOf(runs).filter(({ text }) => text !== "");
  const fullRight = Math.max(0, ...lines.map(({ right }) => right)) * FULL_LINE;
  let text = "";
  let previous: Line | undefined;
  for (const line of lines) {
    if (previous === undefined) text = line.text;
    else text = joined(text, line, previous, fullRight);
    previous = line;
  }
  return text;
}

function linesOf(runs: readonly PlacedText[]): Line[] {
  const lines: Line[] = [];
  let line: Line | undefined;
  for (const { str, transform, width, height, hasEOL } of runs) {
    const [left = 0, baseline = 0] = transform.slice(4);
    line ??= { text: "", baseline, height, right: 0 };
    line.text += str;
    line.height = Math.max(line.height, height);
    line.right = Math.max(line.right, left + width);
    if (!hasEOL) continue;
    lines.push(line);
    line = undefined;
  }
  if (line !== undefined) lines.push(line);
  return lines.map((whole) => ({ ...whole, text: whole.text.replaceAll(/\s+/gu, " ").trim() }));
}

function joined(text: string, line: Line, previous: Line, fullRight: number): string {
  const fall = previous.baseline - line.baseline;
  const height = Math.max(previous.height, line.height, 1);
  if (fall < 0 || fall > height * PARAGRAPH_GAP) return `${text}\n\n${line.text}`;
  if (/\p{Ll}[-\u00ad\u2010]$/u.test(text) && /^\p{Ll}/u.test(line.text)) return text.slice(0, -1) + line.text;
  const isWrapped = previous.right >= fullRight && IDEOGRAPH_AT_END.test(text) && IDEOGRAPH_AT_START.test(line.text);
  return isWrapped ? text + line.text : `${text}\n${line.text}`;
}

/** Without the headers and footers: first or last lines that, but for their numbers, stand on three pages of ten and on four at least. */
export function withoutRunningLines(pages: readonly string[]): string[] {
  return withoutRunning(withoutRunning(pages, FIRST_LINE), LAST_LINE);
}

function withoutRunning(pages: readonly string[], edge: RegExp): string[] {
  const wordings = pages.map((page) => (edge.exec(page)?.[0] ?? "").trim().replaceAll(/\d+/gu, "0"));
  const counts = new Map<string, number>();
  for (const wording of wordings) counts.set(wording, (counts.get(wording) ?? 0) + 1);
  const enough = Math.max(MIN_RUNNING_PAGES, pages.length * RUNNING_SHARE);
  return pages.map((page, index) => {
    const wording = wordings[index] ?? "";
    return wording !== "" && (counts.get(wording) ?? 0) >= enough ? page.replace(edge, "").trim() : page;
  });
}
