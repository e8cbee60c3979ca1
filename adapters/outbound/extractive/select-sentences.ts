import type { Source } from "../../../domain/prompt.ts";
import { analyze } from "../../../domain/text/analyzer.ts";
import { splitSentences } from "../../../domain/text/sentences.ts";
import { type AskedTerm, askedTerms, type SearchableText } from "./asked-terms.ts";

/** A sentence of a source that answers the question. */
export interface SelectedSentence {
  /** One line, free of list marks and of anything that reads as a citation. */
  readonly text: string;
  readonly marker: number;
  /** Weighted share of the question's terms that it covers, a tenth more where it begins with one. */
  readonly score: number;
}

/** Sentences that an answer holds at most. */
const MAX_SENTENCES = 3;
/** Least share of the question's weighted terms that the best sentence must cover, its title and headings included. */
const MIN_BEST_SCORE = 0.4;
/** Least share of the best one's score for every further sentence. */
const MIN_RELATIVE_SCORE = 0.8;
/** What a term counts that stands in the title or the headings alone. */
const HEADING_SHARE = 0.5;
/** What a term counts that stands elsewhere in the passage alone. */
const PASSAGE_SHARE = 0.35;
/** What rank costs: the last source's sentences lose this share against the first one's. */
const RANK_COST = 0.15;
/** What it earns a sentence to begin with what is asked about: it then speaks of that, and not by the way. */
const SUBJECT_BONUS = 0.1;
/** Two sentences with a greater share of common terms say the same. */
const MAX_SIMILARITY = 0.6;
/** A sentence with fewer terms is a fragment: a heading, a label, a cell. */
const MIN_TERMS = 3;

interface Candidate extends SelectedSentence {
  readonly terms: ReadonlySet<string>;
}

/**
 * The sentences of the sources that cover the question best, best first, at most three, none that says the same again;
 * [] where the best one covers too little of it.
 */
export function selectSentences(question: string, sources: readonly Source[]): readonly SelectedSentence[] {
  const asked = askedTerms(question);
  const sentences = sources.flatMap(sentencesOf);
  const weights = weightsOf(asked, sentences);
  const candidates = sentences
    .filter((sentence) => sentence.terms.size >= MIN_TERMS && namesEnough(sentence, asked))
    .map((sentence): Candidate => ({ ...sentence, score: scoreOf(sentence, weights, sources.length) }))
    .sort((a, b) => b.score - a.score);
  const best = candidates[0]?.score ?? 0;
  if (best < MIN_BEST_SCORE) return [];
  return withoutRepetition(candidates.filter(({ score }) => score >= best * MIN_RELATIVE_SCORE));
}

interface Sentence extends SearchableText {
  readonly marker: number;
  readonly headings: SearchableText;
  readonly passage: SearchableText;
  /** 0 for the best source. */
  readonly rank: number;
}

function sentencesOf({ marker, passage }: Source, rank: number): Sentence[] {
  const headings = searchable([passage.title ?? "", ...(passage.location?.section ?? [])].join("\n"));
  const sentences = splitSentences(passage.text)
    .filter(({ start }) => !isHeadingOrRow(passage.text, start))
    .map(({ start, end }) => oneLine(passage.text.slice(start, end)))
    .filter(isStatement)
    .map(searchable);
  const whole = {
    text: passage.text.toLowerCase(),
    terms: new Set(sentences.flatMap(({ terms }) => [...terms])),
  };
  return sentences.map((sentence) => ({ ...sentence, marker, headings, passage: whole, rank }));
}

function searchable(text: string): SearchableText {
  return { text, terms: new Set(analyze(text)) };
}

/** Whether the line in which a sentence begins is a heading or a row of a table. */
function isHeadingOrRow(text: string, start: number): boolean {
  const line = text.slice(text.lastIndexOf("\n", start) + 1, start + 1).trimStart();
  return line.startsWith("#") || line.startsWith("|");
}

/** Without marks of lists, emphasis and links, and without what reads as a citation. */
function oneLine(sentence: string): string {
  return sentence
    .replace(/^\s*(?:[-*+•>]|\d+[.)])\s+/u, "")
    .replaceAll(/\*\*|__/gu, "")
    .replaceAll(/\[([^\]]*)\]\([^()\s]*\)/gu, "$1")
    .replaceAll(/\s*[[【]\s?\d{1,3}(?:\s?[,，、]\s?\d{1,3}){0,9}\s?[\]】]/gu, "")
    .replaceAll(/\s+/gu, " ")
    .trim();
}

/** No code block, no question, nothing that only leads on. */
function isStatement(text: string): boolean {
  return !/^(?:```|~~~)/u.test(text) && !/[?？:：]$/u.test(text);
}

/** Whether a sentence itself names two of the terms, or the only one that there is. */
function namesEnough(sentence: Sentence, asked: readonly AskedTerm[]): boolean {
  return asked.length > 0 && asked.filter((term) => term.isIn(sentence)).length >= Math.min(2, asked.length);
}

/**
 * Inverse document frequency among the sentences (Robertson and Sparck Jones 1976, smoothed): what all of them say decides
 * little, and what none says weighs most, since a search that knew of it would have found it.
 */
function weightsOf(asked: readonly AskedTerm[], sentences: readonly Sentence[]): ReadonlyMap<AskedTerm, number> {
  return new Map(
    asked.map((term) => {
      const holding = sentences.filter((sentence) => term.isIn(sentence) || term.isIn(sentence.headings)).length;
      return [term, Math.log(1 + (sentences.length + 1) / (holding + 0.5))];
    }),
  );
}

function scoreOf(sentence: Sentence, weights: ReadonlyMap<AskedTerm, number>, sourceCount: number): number {
  let covered = 0;
  let total = 0;
  for (const [term, weight] of weights) {
    total += weight;
    if (term.isIn(sentence)) covered += weight;
    else if (term.isIn(sentence.headings)) covered += weight * HEADING_SHARE;
    else if (term.isIn(sentence.passage)) covered += weight * PASSAGE_SHARE;
  }
  const bonus = [...weights.keys()].some((term) => opens(sentence, term)) ? SUBJECT_BONUS : 0;
  return (covered / total) * (1 - (RANK_COST * sentence.rank) / sourceCount) * (1 + bonus);
}

/** Whether the sentence begins with the term. */
function opens({ text, terms }: Sentence, { name }: AskedTerm): boolean {
  const [first] = terms;
  return first === name || text.replace(/^[^\p{L}\p{N}]+/u, "").startsWith(name);
}

function withoutRepetition(candidates: readonly Candidate[]): readonly SelectedSentence[] {
  const chosen: Candidate[] = [];
  for (const candidate of candidates) {
    if (chosen.length === MAX_SENTENCES) break;
    if (chosen.every((other) => similarity(other.terms, candidate.terms) <= MAX_SIMILARITY)) chosen.push(candidate);
  }
  return chosen;
}

/** Share of the smaller set's terms that both have. */
function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  return a.intersection(b).size / Math.min(a.size, b.size);
}
