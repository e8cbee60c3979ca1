import { ENGLISH_STOP_WORDS } from "./stop-words.ts";

/** `text.slice(start, end)` is the sentence, without the white space around it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** After these a full stop does not end the sentence. */
const ABBREVIATIONS: ReadonlySet<string> = new Set(
  `e.g i.e cf vs viz al approx ca resp fig figs eq eqs ref refs sec ch tab no nos vol pp p ed eds dr mr mrs ms prof st sr
  jr inc ltd co corp dept est jan feb mar apr jun jul aug sep sept oct nov dec z.b bzw ggf mme mlle`.split(/\s+/u),
);

const FENCE = /^ {0,3}(`{3,}|~{3,})/u;
const HEADING = /^ {0,3}#{1,6}[ \t]+/u;
const LIST_ITEM = /^[ \t]*(?:[-*+•‣▪–]|\d{1,3}[.)、]|[(（]\d{1,3}[)）])[ \t]+/u;
const QUOTE = /^ {0,3}>[ \t]?/u;
const TABLE_ROW = /^[ \t]*\|.*\|[ \t]*$/u;
const RULE = /^[ \t]*(?:[-=*_][ \t]*){3,}$/u;

/** Unicode's rule for sentences leaves an opening quote with the sentence before it where no space parts them. */
const OPENING_AT_END = /(?<![\p{Ps}\p{Pi}])[\p{Ps}\p{Pi}]+$/u;

/** How far back from a break its reason is looked for; no abbreviation or row of initials is near to this length. */
const TAIL_LENGTH = 64;

/** The whole of the last word before a full stop; the lookbehind keeps the search linear. */
const LAST_WORD = /(?<![\p{L}\p{N}.])([\p{L}\p{N}.]+)\.["'”’)\]]*\s*$/u;

/** A stretch of the text that no sentence leaves; `prose` is to be split further. */
type Block = { start: number; end: number; prose: boolean };

function trimmed(text: string, start: number, end: number): Span {
  const slice = text.slice(start, end);
  const leading = slice.length - slice.trimStart().length;
  return { start: start + leading, end: start + Math.max(leading, slice.trimEnd().length) };
}

/** Length of the marker in front of a line that starts a block of its own, or undefined. */
function markerLength(line: string): number | undefined {
  return (HEADING.exec(line) ?? LIST_ITEM.exec(line) ?? QUOTE.exec(line))?.[0].length;
}

/** Paragraphs, headings, list items, table rows and fenced code; wrapped lines stay together. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let fence: string | undefined;
  for (const { 0: whole, index } of text.matchAll(/[^\n]*(?:\n|$)/gu)) {
    const line = whole.trimEnd();
    const end = index + line.length;
    const mark = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      if (open !== undefined) open.end = end;
      if (mark?.startsWith(fence)) [open, fence] = [undefined, undefined];
      continue;
    }
    if (mark !== undefined) {
      fence = mark;
      open = { start: index, end, prose: false };
      blocks.push(open);
      continue;
    }
    if (line === "" || RULE.test(line)) {
      open = undefined;
      continue;
    }
    const marker = markerLength(line);
    if (marker === undefined && open?.prose === true && !TABLE_ROW.test(line)) {
      open.end = end;
      continue;
    }
    open = { start: index + (marker ?? 0), end, prose: !TABLE_ROW.test(line) };
    blocks.push(open);
    if (HEADING.test(line)) open = undefined;
  }
  return blocks;
}

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * Whether the break at `index` is none: an abbreviation, an initial, or a number's point came before it in the sentence
 * from `start` on. `after` is what follows it.
 */
function isFalseBreak(prose: string, start: number, index: number, after: string): boolean {
  const tailStart = Math.max(start, index - TAIL_LENGTH);
  const tail = prose.slice(tailStart, index);
  const match = LAST_WORD.exec(tail);
  const lastWord = match?.[1];
  if (lastWord === undefined || (match?.index === 0 && tailStart > start)) return false;
  if (ABBREVIATIONS.has(lastWord.toLowerCase())) return true;
  if (tailStart === start && /^\d{1,3}$/u.test(tail.trim().slice(0, -1))) return true;
  const nextWord = /^[\p{L}\p{N}'’]+/u.exec(after)?.[0] ?? "";
  const isInitial = /^(?:\p{Lu}|(?:\p{Lu}\.)+\p{Lu})$/u.test(lastWord);
  return isInitial && /^\p{Lu}/u.test(nextWord) && !ENGLISH_STOP_WORDS.has(nextWord.toLowerCase());
}

function sentencesOfProse(text: string, block: Block): Span[] {
  const prose = text.slice(block.start, block.end).replaceAll(/[\r\n\u2028\u2029\u0085]/gu, " ");
  const ends: number[] = [];
  let start = 0;
  for (const { segment, index } of segmenter.segment(prose)) {
    if (index > 0 && isFalseBreak(prose, start, index, segment)) ends.pop();
    else start = index;
    const opening = index + segment.length < prose.length ? (OPENING_AT_END.exec(segment)?.[0].length ?? 0) : 0;
    ends.push(index + segment.length - opening);
  }
  return ends.map((end, position) => trimmed(text, block.start + (ends[position - 1] ?? 0), block.start + end));
}

/**
 * The sentences of a text as offsets into it, in order, never overlapping, none empty; [] for a text of white space.
 * English, Chinese, Japanese and what else Intl.Segmenter knows. A heading, a list item (each without its marker), a
 * table row and a fenced code block end where they end, with or without a full stop; a line break within a paragraph
 * does not end a sentence, an empty line does; abbreviations, initials and decimals do not.
 */
export function splitSentences(text: string): readonly Span[] {
  return blocksOf(text)
    .flatMap((block) => (block.prose ? sentencesOfProse(text, block) : [trimmed(text, block.start, block.end)]))
    .filter((span) => span.end > span.start);
}
