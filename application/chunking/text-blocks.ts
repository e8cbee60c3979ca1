import type { WorkPacer } from "./work-pacer.ts";

export type BlockKind = "heading" | "paragraph" | "list" | "table" | "code";

/** A stretch of a text that belongs together. */
export interface Block {
  readonly kind: BlockKind;
  /** Offsets into the text, start inclusive, end exclusive; a block ends where the next one starts, white space included. */
  readonly start: number;
  readonly end: number;
  /** Of a heading: level 1 to 6, and its words without Markdown's marks. */
  readonly heading?: Heading;
}

export interface Heading {
  readonly level: number;
  readonly title: string;
}

interface Line {
  readonly start: number;
  /** Its first 1,000 characters, without the white space at its end. */
  readonly text: string;
}

interface OpenBlock {
  kind: BlockKind;
  start: number;
  lines: number;
  heading?: Heading;
  /** Of a code block: what opened it, until it is closed. */
  fence?: string;
  /** A blank line, or the closing fence, came after its last line. */
  interrupted: boolean;
}

/** What makes a line more than prose stands in its beginning. */
const MAX_MARKED_LINE = 1_000;
const LINES_PER_PAUSE = 256;

const HEADING = /^ {0,3}(?<marks>#{1,6})[ \t]+(?<title>\S.*)$/u;
const CLOSING_MARKS = /[ \t]#+$/u;
const UNDERLINE = /^ {0,3}(?<marks>={3,}|-{3,})$/u;
const FENCE = /^ {0,3}(?<fence>`{3,}(?=[^`]*$)|~{3,})/u;
const INDENTED = /^(?: {2}|\t)/u;
const TABLE_RULE = /^[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/u;
/** The line starts an item of a list, numbered or not. */
export const LIST_ITEM = /^[ \t]*(?:[-*+•‣▪]|\d{1,9}[.)])[ \t]+\S/u;

function* linesOf(text: string, start: number, end: number): Generator<Line, void, undefined> {
  let from = start;
  while (from < end) {
    const feed = text.indexOf("\n", from);
    const lineEnd = feed === -1 || feed >= end ? end : feed;
    yield { start: from, text: text.slice(from, Math.min(lineEnd, from + MAX_MARKED_LINE)).trimEnd() };
    from = lineEnd + 1;
  }
}

/** `**Safe** [crash](x.md) ##` reads `Safe crash`. */
function withoutMarks(title: string): string {
  return title
    .replace(CLOSING_MARKS, "")
    .replaceAll(/!?\[([^[\]]*)\]\([^()]*\)/gu, "$1")
    .replaceAll(/`|\*\*|__/gu, "")
    .trim();
}

function headingOf(line: string): Heading | undefined {
  const { marks = "", title = "" } = HEADING.exec(line)?.groups ?? {};
  const words = withoutMarks(title);
  return words === "" ? undefined : { level: marks.length, title: words };
}

/** The heading that an underline makes of the line above it. */
function underlinedHeading(line: string, above: string): Heading | undefined {
  const marks = UNDERLINE.exec(line)?.groups?.marks;
  const words = withoutMarks(above);
  return marks === undefined || words === "" ? undefined : { level: marks.startsWith("=") ? 1 : 2, title: words };
}

function closesFence(fence: string, line: string): boolean {
  const marks = line.trim();
  return marks.length >= fence.length && marks === fence.charAt(0).repeat(marks.length);
}

function opened({ start, text }: Line, withHeadings: boolean): OpenBlock {
  const block = { start, lines: 1, interrupted: false };
  const fence = FENCE.exec(text)?.groups?.fence;
  if (fence !== undefined) return { ...block, kind: "code", fence };
  const heading = withHeadings ? headingOf(text) : undefined;
  if (heading !== undefined) return { ...block, kind: "heading", heading };
  return { ...block, kind: LIST_ITEM.test(text) ? "list" : "paragraph" };
}

/** Whether a line that opens `next` goes on with the open block instead. */
function continues(open: OpenBlock, next: OpenBlock, line: string): boolean {
  if (next.kind === "code" || next.kind === "heading") return false;
  if (open.kind === "list") return next.kind === "list" || !open.interrupted || INDENTED.test(line);
  if (open.interrupted) return false;
  return open.kind === "table" ? line.includes("|") : open.kind === "paragraph" && next.kind === "paragraph";
}

/** Reads the lines of one stretch; a block is given out when the next one opens. */
class BlockScanner {
  private readonly withHeadings: boolean;
  private open: OpenBlock | undefined;
  private above: Line = { start: 0, text: "" };

  constructor(withHeadings: boolean) {
    this.withHeadings = withHeadings;
  }

  /** The block that this line ends. */
  push(line: Line): Block | undefined {
    const { open } = this;
    if (open?.fence !== undefined) {
      if (closesFence(open.fence, line.text)) {
        delete open.fence;
        open.interrupted = true;
      }
      return undefined;
    }
    if (line.text === "") {
      if (open !== undefined) open.interrupted = true;
      return undefined;
    }
    const ended = open?.kind === "paragraph" && !open.interrupted ? this.reshape(open, line) : undefined;
    if (ended !== undefined) return ended.block;
    this.above = line;
    const next = opened(line, this.withHeadings);
    if (open !== undefined && continues(open, next, line.text)) {
      open.lines += 1;
      open.interrupted = false;
      return undefined;
    }
    this.open = next;
    return open === undefined ? undefined : closed(open, line.start);
  }

  finish(end: number): Block | undefined {
    return this.open === undefined ? undefined : closed(this.open, end);
  }

  /** An underline makes a heading of an open paragraph, a table's rule makes a table of its last line. */
  private reshape(open: OpenBlock, line: Line): { block: Block | undefined } | undefined {
    const { above } = this;
    const heading = this.withHeadings && open.lines === 1 ? underlinedHeading(line.text, above.text) : undefined;
    if (heading !== undefined) {
      this.open = { ...open, kind: "heading", heading };
      return { block: undefined };
    }
    if (!above.text.includes("|") || !line.text.includes("|") || !TABLE_RULE.test(line.text)) return undefined;
    this.open = { kind: "table", start: above.start, lines: 2, interrupted: false };
    return { block: open.lines === 1 ? undefined : closed(open, above.start) };
  }
}

function closed({ kind, start, heading }: OpenBlock, end: number): Block {
  return { kind, start, end, ...(heading === undefined ? {} : { heading }) };
}

/**
 * The blocks of text.slice(start, end) in order, read as Markdown: headings (`#` and underlined), fenced code, tables,
 * lists with their continuation lines, paragraphs. They cover everything from the first line that is not blank on.
 * `withHeadings` is false where the headings are known from elsewhere: then no line is one. None for white space.
 * @throws ServiceError timeout, cancelled
 */
export async function* readBlocks(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  withHeadings: boolean,
  pacer: WorkPacer,
): AsyncGenerator<Block, void, undefined> {
  const scanner = new BlockScanner(withHeadings);
  let lines = 0;
  for (const line of linesOf(text, start, end)) {
    lines += 1;
    if (lines % LINES_PER_PAUSE === 0) await pacer.pause();
    const block = scanner.push(line);
    if (block !== undefined) yield block;
  }
  const last = scanner.finish(end);
  if (last !== undefined) yield last;
}
