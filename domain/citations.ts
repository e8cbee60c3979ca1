import type { Citation, Span } from "./answer.ts";
import type { Passage, PassageLocation } from "./passage.ts";
import type { Source } from "./prompt.ts";
import { claimOf, type Quote } from "./quotes.ts";
import { type CitableSource, citable } from "./sources.ts";
import { splitSentences } from "./text/sentences.ts";

/** `[1]`, `[1, 2]`, `【1】`: the numbers are markers of sources. */
const MARKER = /[[【]\s?(\d{1,3}(?:\s?[,，、]\s?\d{1,3}){0,9})\s?[\]】]/gu;
/** Characters of a marker at most: what is older and holds none stays without one. */
const MARKER_LENGTH = 64;
/** What closes the statement before, standing after its marker. */
const CLOSING = /^[\s.,;:!?。，；：！？、)）」』”’*_]+/u;

/** Finds the citations of an answer while it is written. */
export class CitationScanner {
  private readonly sources: ReadonlyMap<number, CitableSource>;
  private text = "";
  /** The end of the text, in which a marker may have begun: to look at all of the text would cost more with each delta. */
  private tail = "";
  /** End of the last marker read; everything before it is settled. */
  private settled = 0;
  private lastClaim: Span | undefined;
  private readonly unknown = new Set<number>();

  constructor(sources: readonly CitableSource[]) {
    this.sources = new Map(sources.map((source) => [source.marker, source]));
  }

  /** Takes the next piece of the answer; returns the citations that it completes, in the order of the text. */
  push(delta: string): readonly Citation[] {
    const looked = this.tail + delta;
    const start = this.text.length - this.tail.length;
    this.text += delta;
    const found: Citation[] = [];
    let read = 0;
    for (const match of looked.matchAll(MARKER)) {
      found.push(...this.cite(start + match.index, match[1] ?? ""));
      read = match.index + match[0].length;
      this.settled = start + read;
    }
    this.tail = looked.slice(Math.max(read, looked.length - MARKER_LENGTH));
    return found;
  }

  /** Numbers that the answer cites although no passage bears them, ascending. */
  get unknownMarkers(): readonly number[] {
    return [...this.unknown].sort((a, b) => a - b);
  }

  private cite(markerStart: number, numbers: string): Citation[] {
    const claim = claimBefore(this.text, this.settled, markerStart) ??
      this.lastClaim ?? { start: markerStart, end: markerStart };
    this.lastClaim = claim;
    const statement = claimOf(this.text.slice(claim.start, claim.end));
    const citations: Citation[] = [];
    for (const marker of numbers.split(/[,，、]/u).map(Number)) {
      const source = this.sources.get(marker);
      if (source === undefined) this.unknown.add(marker);
      else citations.push(citationOf(source.passage, source.quotes.find(statement), marker, claim));
    }
    return citations;
  }
}

/** Citations of a finished answer, in the order of the text. */
export function citationsOf(text: string, sources: readonly Source[]): readonly Citation[] {
  return new CitationScanner(citable(sources)).push(text);
}

/** The last sentence between two markers; undefined where nothing stands between them. */
function claimBefore(text: string, from: number, to: number): Span | undefined {
  const closing = from === 0 ? 0 : (CLOSING.exec(text.slice(from, to))?.[0].length ?? 0);
  const start = from + closing;
  const sentence = splitSentences(text.slice(start, to)).findLast((span) => span.end > span.start);
  return sentence === undefined ? undefined : { start: start + sentence.start, end: start + sentence.end };
}

function citationOf(passage: Passage, quote: Quote, marker: number, answerSpan: Span): Citation {
  const { id, documentId, title, uri, language } = passage;
  const location = locationOf(passage, quote.span);
  return {
    passageId: id,
    documentId,
    ...(title === undefined ? {} : { title }),
    ...(uri === undefined ? {} : { uri }),
    marker,
    quote: passage.text.slice(quote.span.start, quote.span.end),
    quoteSpan: quote.span,
    answerSpan,
    ...(location === undefined ? {} : { location }),
    ...(language === undefined ? {} : { language }),
    verified: quote.supports,
  };
}

/** Where a stretch of the passage stands in its document, as far as the passage knows; undefined where it knows nothing. */
function locationOf({ location = {} }: Passage, { start, end }: Span): PassageLocation | undefined {
  const { start: offset, end: _, ...place } = location;
  const whole = offset === undefined || start === end ? place : { start: offset + start, end: offset + end, ...place };
  return Object.keys(whole).length === 0 ? undefined : whole;
}
