import type { Span } from "./answer.ts";
import { analyze } from "./text/analyzer.ts";
import { splitSentences } from "./text/sentences.ts";

/** Share of a claim's distinct terms that a quote must hold to count as its support. */
const MIN_COVERAGE = 0.5;
/** Sentences that a quote spans at most. */
const MAX_QUOTE_SENTENCES = 3;
/** What each further sentence must add to be worth quoting. */
const SENTENCE_COST = 0.08;

/** A statement that is looked for in texts. */
export interface Claim {
  readonly terms: ReadonlySet<string>;
  /** As `numbersOf` gives them. */
  readonly numbers: ReadonlySet<string>;
}

/** What of a text supports a claim best. */
export interface Quote {
  /** Where it stands in the text; empty at 0 where nothing shares a term with the claim. */
  readonly span: Span;
  /** Share of the claim's distinct terms that it holds, 0 to 1. */
  readonly coverage: number;
  /** Whether it holds at least half of the claim's terms, and every number of the claim. */
  readonly supports: boolean;
}

interface Stretch {
  readonly span: Span;
  readonly terms: ReadonlySet<string>;
  readonly sentences: number;
}

export function claimOf(text: string): Claim {
  return { terms: new Set(analyze(text)), numbers: numbersOf(text) };
}

/** Finds what in one text supports claims; the text is analysed once, at the first claim. */
export class QuoteFinder {
  private readonly text: string;
  private analysed: readonly Stretch[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The stretch of one to three sentences that holds most of the claim's terms, the shortest among the best. */
  find({ terms, numbers }: Claim): Quote {
    let best = { span: { start: 0, end: 0 }, coverage: 0, value: 0 };
    this.analysed ??= stretchesOf(this.text);
    for (const stretch of this.analysed) {
      const coverage = coverageOf(terms, stretch.terms);
      const value = coverage - (stretch.sentences - 1) * SENTENCE_COST;
      if (value > best.value) best = { span: stretch.span, coverage, value };
    }
    const { span, coverage } = best;
    const supports = coverage >= MIN_COVERAGE && numbers.isSubsetOf(numbersOf(this.text.slice(span.start, span.end)));
    return { span, coverage, supports };
  }
}

function stretchesOf(text: string): readonly Stretch[] {
  const sentences = splitSentences(text).map((span) => ({
    span,
    terms: new Set(analyze(text.slice(span.start, span.end))),
  }));
  return sentences.flatMap((first, index) => {
    let terms: ReadonlySet<string> = new Set();
    return sentences.slice(index, index + MAX_QUOTE_SENTENCES).map((sentence, more): Stretch => {
      terms = terms.union(sentence.terms);
      return { span: { start: first.span.start, end: sentence.span.end }, terms, sentences: more + 1 };
    });
  });
}

function coverageOf(claim: ReadonlySet<string>, terms: ReadonlySet<string>): number {
  if (claim.size === 0) return 0;
  let held = 0;
  for (const term of claim) if (terms.has(term)) held += 1;
  return held / claim.size;
}

/** Numbers in a text, thousands separators dropped: a claim with a number that its quote lacks is not supported. */
export function numbersOf(text: string): ReadonlySet<string> {
  const plain = text.normalize("NFKC").replaceAll(/(?<=\d)[,，](?=\d{3})/gu, "");
  return new Set(plain.match(/\d+(?:\.\d+)?/gu) ?? []);
}
