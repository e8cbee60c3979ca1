import type { Citation, Span } from "./answer.ts";
import type { Passage, PassageLocation } from "./passage.ts";
import type { Source } from "./prompt.ts";
import { analyze } from "./text/analyzer.ts";
import { splitSentences } from "./text/sentences.ts";

/** Share of a claim's distinct terms that a quote must hold to count as its support. */
const MIN_COVERAGE = 0.5;
/** Sentences that a quote spans at most. */
const MAX_QUOTE_SENTENCES = 3;
/** What each further sentence must add to be worth quoting. */
const SENTENCE_COST = 0.08;

/** `[1]`, `[1, 2]`, `【1】`: the numbers are markers of sources. */
const MARKER = /[[【]\s?(\d{1,3}(?:\s?[,，、]\s?\d{1,3}){0,9})\s?[\]】]/gu;
/** Characters of a marker at most: what is older and holds none stays without one. */
const MARKER_LENGTH = 64;
/** What closes the statement before, standing after its marker. */
const CLOSING = /^[\s.,;:!?。，；：！？、)）」』”’*_]+/u;

/** Finds the citations of an answer while it is written. */
export class CitationScanner {
  private readonly sources: ReadonlyMap<number, QuoteFinder>;
  private text = "";
  /** End of the last marker read; everything before it is settled. */
  private settled = 0;
  private lastClaim: Span | undefined;
  private readonly unknown = new Set<number>();

  constructor(sources: readonly Source[]) {
    this.sources = new Map(sources.map(({ marker, passage }) => [marker, new QuoteFinder(passage)]));
  }

  /** Takes the next piece of the answer; returns the citations that it completes, in the order of the text. */
  push(delta: string): readonly Citation[] {
    MARKER.lastIndex = Math.max(this.settled, this.text.length - MARKER_LENGTH);
    this.text += delta;
    const found: Citation[] = [];
    for (let match = MARKER.exec(this.text); match !== null; match = MARKER.exec(this.text)) {
      found.push(...this.cite(match.index, match[1] ?? ""));
      this.settled = MARKER.lastIndex;
    }
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
    const citations: Citation[] = [];
    for (const marker of numbers.split(/[,，、]/u).map(Number)) {
      const finder = this.sources.get(marker);
      if (finder === undefined) this.unknown.add(marker);
      else citations.push(finder.cite(marker, this.text.slice(claim.start, claim.end), claim));
    }
    return citations;
  }
}

/** Citations of a finished answer, in the order of the text. */
export function citationsOf(text: string, sources: readonly Source[]): readonly Citation[] {
  return new CitationScanner(sources).push(text);
}

/** The last sentence between two markers; undefined where nothing stands between them. */
function claimBefore(text: string, from: number, to: number): Span | undefined {
  const closing = from === 0 ? 0 : (CLOSING.exec(text.slice(from, to))?.[0].length ?? 0);
  const start = from + closing;
  const sentence = splitSentences(text.slice(start, to)).findLast((span) => span.end > span.start);
  return sentence === undefined ? undefined : { start: start + sentence.start, end: start + sentence.end };
}

/** Finds what in one passage supports a claim. */
class QuoteFinder {
  private readonly passage: Passage;
  private analyzed: readonly { readonly span: Span; readonly terms: ReadonlySet<string> }[] | undefined;

  constructor(passage: Passage) {
    this.passage = passage;
  }

  cite(marker: number, claim: string, answerSpan: Span): Citation {
    const { span, coverage } = this.bestQuote(new Set(analyze(claim)));
    const quote = this.passage.text.slice(span.start, span.end);
    const verified = quote !== "" && coverage >= MIN_COVERAGE && numbersOf(claim).isSubsetOf(numbersOf(quote));
    const { id, documentId, title, uri, language } = this.passage;
    const location = locationOf(this.passage, span);
    return {
      passageId: id,
      documentId,
      ...(title === undefined ? {} : { title }),
      ...(uri === undefined ? {} : { uri }),
      marker,
      quote,
      quoteSpan: span,
      answerSpan,
      ...(location === undefined ? {} : { location }),
      ...(language === undefined ? {} : { language }),
      verified,
    };
  }

  /** The stretch of one to three sentences that holds most of the claim's terms, the shortest among the best. */
  private bestQuote(claim: ReadonlySet<string>): { readonly span: Span; readonly coverage: number } {
    let best = { span: { start: 0, end: 0 }, coverage: 0, value: 0 };
    const sentences = this.sentences();
    for (const [index, first] of sentences.entries()) {
      let terms: ReadonlySet<string> = new Set();
      for (const [count, sentence] of sentences.slice(index, index + MAX_QUOTE_SENTENCES).entries()) {
        terms = terms.union(sentence.terms);
        const coverage = claim.size === 0 ? 0 : claim.intersection(terms).size / claim.size;
        const value = coverage - count * SENTENCE_COST;
        if (value > best.value) best = { span: { start: first.span.start, end: sentence.span.end }, coverage, value };
      }
    }
    return best;
  }

  private sentences() {
    this.analyzed ??= splitSentences(this.passage.text).map((span) => ({
      span,
      terms: new Set(analyze(this.passage.text.slice(span.start, span.end))),
    }));
    return this.analyzed;
  }
}

/** Where a stretch of the passage stands in its document, as far as the passage knows; undefined where it knows nothing. */
function locationOf({ location = {} }: Passage, { start, end }: Span): PassageLocation | undefined {
  const { start: offset, end: _, ...place } = location;
  const whole = offset === undefined || start === end ? place : { start: offset + start, end: offset + end, ...place };
  return Object.keys(whole).length === 0 ? undefined : whole;
}

/** Numbers in a text, thousands separators dropped: a claim with a number that its quote lacks is not supported. */
function numbersOf(text: string): Set<string> {
  const plain = text.normalize("NFKC").replaceAll(/(?<=\d)[,，](?=\d{3})/gu, "");
  return new Set(plain.match(/\d+(?:\.\d+)?/gu) ?? []);
}
