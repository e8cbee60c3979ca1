import type { TokenizerPort } from "../../domain/ports/tokenizer-port.ts";
import { type Span, splitSentences } from "../../domain/text/sentences.ts";
import { type Block, type BlockKind, LIST_ITEM } from "./text-blocks.ts";
import type { WorkPacer } from "./work-pacer.ts";

/** Sizes of a chunk in tokens. */
export interface ChunkSettings {
  /** What the chunks of a longer section are near to; 16 to maxTokens. */
  readonly targetTokens: number;
  /** What no chunk exceeds; a section up to this size stays whole. */
  readonly maxTokens: number;
}

/** A part of a text that is not cut any more, with its tokens. */
export interface Piece extends Span {
  readonly tokens: number;
  /** Belongs to what follows it, as a heading does. */
  readonly leadsOn: boolean;
}

/** A gap between two pieces is at most about one token. */
export const GAP_TOKENS = 1;

/** Longer text is divided without being counted: hardly any text has fewer tokens, and counting takes its time. */
const MAX_CHARACTERS_PER_TOKEN = 8;
const SENTENCE_WINDOW = 8_192;
/** A cut may move back by a quarter of its piece to a better place. */
const MIN_CUT_SHARE = 0.75;
const CHARACTERS_PER_TOKEN_AT_FIRST = 4;
const MIN_CHARACTERS_PER_TOKEN = 0.25;

type Division = (text: string, span: Span) => Iterable<Span>;

/** Why a block belongs to what follows it: it is its heading, or introduces it. */
export type Lead = "heading" | "introduction";

/** How a block that is too long is divided, coarse to fine; what is too long even then is cut. */
const DIVISIONS: Readonly<Record<BlockKind, readonly Division[]>> = {
  heading: [sentencesOf],
  paragraph: [sentencesOf],
  list: [itemsOf, sentencesOf],
  table: [linesOf],
  code: [linesOf],
};

/** The span without the white space at both ends; empty where there is nothing else. */
export function trimmedSpan(text: string, { start, end }: Span): Span {
  const slice = text.slice(start, end);
  const content = slice.trimStart();
  const from = end - content.length;
  return { start: from, end: from + content.trimEnd().length };
}

/** Cuts the blocks of one section so far that every piece is within the limit. */
export class PieceCutter {
  private readonly text: string;
  private readonly settings: ChunkSettings;
  private readonly tokenizer: TokenizerPort;
  private readonly pacer: WorkPacer;

  constructor(text: string, settings: ChunkSettings, tokenizer: TokenizerPort, pacer: WorkPacer) {
    this.text = text;
    this.settings = settings;
    this.tokenizer = tokenizer;
    this.pacer = pacer;
  }

  /** Tokens of the span without the white space around it, undefined where they are more than a chunk takes. */
  tokensWithin(span: Span): number | undefined {
    const { start, end } = trimmedSpan(this.text, span);
    const { maxTokens } = this.settings;
    if (end - start > maxTokens * MAX_CHARACTERS_PER_TOKEN) return undefined;
    const tokens = this.tokenizer.count(this.text.slice(start, end));
    return tokens <= maxTokens ? tokens : undefined;
  }

  /**
   * Pieces of the blocks in order, without a gap, none above the limit. A block that would be whole but for the headings
   * in front of it is divided, so that no heading is left alone.
   * @throws ServiceError timeout, cancelled
   */
  async pieces(blocks: readonly Block[], leadOf: (block: Block) => Lead | undefined): Promise<Piece[]> {
    const pieces: Piece[] = [];
    let headingTokens = 0;
    for (const block of blocks) {
      const lead = leadOf(block);
      const divisions = DIVISIONS[block.kind];
      const whole = this.tokensWithin(block);
      if (whole !== undefined && whole + headingTokens <= this.settings.maxTokens) {
        pieces.push({ start: block.start, end: block.end, tokens: whole, leadsOn: lead !== undefined });
        headingTokens = lead === "heading" ? headingTokens + whole + GAP_TOKENS : 0;
      } else {
        for await (const piece of this.divideFurther(block, divisions)) pieces.push(piece);
        headingTokens = 0;
      }
      await this.pacer.pause();
    }
    return pieces;
  }

  private async *divideFurther(
    span: Span,
    [division, ...finer]: readonly Division[],
  ): AsyncGenerator<Piece, void, undefined> {
    if (division === undefined) yield* this.cut(span);
    else for (const part of division(this.text, span)) yield* this.divide(part, finer);
  }

  private async *divide(span: Span, finer: readonly Division[]): AsyncGenerator<Piece, void, undefined> {
    await this.pacer.pause();
    const tokens = this.tokensWithin(span);
    if (tokens === undefined) yield* this.divideFurther(span, finer);
    else yield { start: span.start, end: span.end, tokens, leadsOn: false };
  }

  /** A sentence, row or line that alone is too long, in pieces up to the target, preferably between words. */
  private async *cut({ start, end }: Span): AsyncGenerator<Piece, void, undefined> {
    const { targetTokens } = this.settings;
    let charactersPerToken = CHARACTERS_PER_TOKEN_AT_FIRST;
    let from = start;
    while (from < end) {
      let length = Math.ceil(targetTokens * charactersPerToken);
      for (;;) {
        await this.pacer.pause();
        const to = from + length >= end ? end : cutPoint(this.text, from, from + length);
        const { start: contentStart, end: contentEnd } = trimmedSpan(this.text, { start: from, end: to });
        const tokens = this.tokenizer.count(this.text.slice(contentStart, contentEnd));
        charactersPerToken = inRange((contentEnd - contentStart) / Math.max(tokens, 1));
        if (tokens <= targetTokens) {
          yield { start: from, end: to, tokens, leadsOn: false };
          from = to;
          break;
        }
        length = Math.max(1, Math.floor((to - from) * Math.min(0.9, targetTokens / tokens)));
      }
    }
  }
}

function inRange(charactersPerToken: number): number {
  return Math.min(MAX_CHARACTERS_PER_TOKEN, Math.max(MIN_CHARACTERS_PER_TOKEN, charactersPerToken));
}

/** Moves a cut back to the end of a word where one is near, and never between the halves of a surrogate pair. */
function cutPoint(text: string, start: number, end: number): number {
  const earliest = start + Math.ceil((end - start) * MIN_CUT_SHARE);
  for (let at = end; at > earliest; at -= 1) {
    if (/[\s\p{P}]/u.test(text.charAt(at - 1))) return at;
  }
  const splitsPair = /[\ud800-\udbff]/.test(text.charAt(end - 1)) && /[\udc00-\udfff]/.test(text.charAt(end));
  if (!splitsPair) return end;
  return end - 1 > start ? end - 1 : end + 1;
}

/** Parts from each start to the next; the first from the span's own start. */
function* between({ start, end }: Span, starts: Iterable<number>): Generator<Span, void, undefined> {
  let from = start;
  for (const next of starts) {
    if (next <= from) continue;
    yield { start: from, end: next };
    from = next;
  }
  if (from < end) yield { start: from, end };
}

function linesOf(text: string, span: Span): Iterable<Span> {
  return between(
    span,
    lineStarts(text, span, () => true),
  );
}

function itemsOf(text: string, span: Span): Iterable<Span> {
  return between(
    span,
    lineStarts(text, span, (start) => LIST_ITEM.test(text.slice(start, start + 100))),
  );
}

function* lineStarts(text: string, { start, end }: Span, accepts: (lineStart: number) => boolean): Generator<number> {
  for (let feed = text.indexOf("\n", start); feed !== -1 && feed + 1 < end; feed = text.indexOf("\n", feed + 1)) {
    if (accepts(feed + 1)) yield feed + 1;
  }
}

/** Sentences with what stands between them; read in windows, so that a sentence longer than a window is divided. */
function* sentencesOf(text: string, { start, end }: Span): Generator<Span, void, undefined> {
  let from = start;
  while (from < end) {
    const windowEnd = Math.min(end, from + SENTENCE_WINDOW);
    const starts = sentenceStarts(text, from, windowEnd);
    const lastStart = starts.at(-1);
    const isLastWindow = windowEnd === end;
    const stop = isLastWindow ? end : (lastStart ?? cutPoint(text, from, windowEnd));
    yield* between({ start: from, end: stop }, starts);
    from = stop;
  }
}

/** Where the sentences after the first start: at the start of their line where they are the first in it, so that its marker stays with it. */
function sentenceStarts(text: string, start: number, end: number): number[] {
  const sentences = splitSentences(text.slice(start, end));
  return sentences.slice(1).map((sentence, index) => {
    const gapStart = sentences[index]?.end ?? 0;
    const feed = text.slice(start + gapStart, start + sentence.start).lastIndexOf("\n");
    return start + (feed === -1 ? sentence.start : gapStart + feed + 1);
  });
}
