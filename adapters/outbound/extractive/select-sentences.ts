import type { Source } from "../../../domain/prompt.ts";
import { analyze } from "../../../domain/text/analyzer.ts";
import { splitSentences } from "../../../domain/text/sentences.ts";

/** A sentence of a source that answers the question. */
export interface SelectedSentence {
  /** One line, free of list marks and of anything that reads as a citation. */
  readonly text: string;
  readonly marker: number;
  /** Weighted share of the question's terms that it covers, in [0, 1]. */
  readonly score: number;
}

/** Sentences that an answer holds at most. */
const MAX_SENTENCES = 4;
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
/** Two sentences with a greater share of common terms say the same. */
const MAX_SIMILARITY = 0.6;
/** A sentence with fewer terms is a fragment: a heading, a label, a cell. */
const MIN_TERMS = 3;

/** Words that make a question a question; English ones are stop words of the analyzer. */
const QUESTION_WORDS =
  /请问|为什么|什么|怎么样|怎么|怎样|如何|哪些|哪个|哪里|哪儿|哪位|多少|是否|有没有|谁|吗|呢|どうやって|どのように|なぜ|何ですか|何|どこ|どれ|誰|いつ|ですか|ますか/gu;

interface Candidate extends SelectedSentence {
  readonly terms: ReadonlySet<string>;
}

/**
 * The sentences of the sources that cover the question best, best first, at most four, none that says the same again;
 * [] where the best one covers too little of it.
 */
export function selectSentences(question: string, sources: readonly Source[]): readonly SelectedSentence[] {
  const asked = new Set(analyze(question.replaceAll(QUESTION_WORDS, " ")));
  if (asked.size === 0) return [];
  const sentences = sources.flatMap(sentencesOf);
  const weights = weightsOf(asked, sentences);
  const candidates = sentences
    .filter(({ terms }) => terms.size >= MIN_TERMS && !asked.isDisjointFrom(terms))
    .map((sentence): Candidate => ({ ...sentence, score: scoreOf(sentence, weights, sources.length) }))
    .sort((a, b) => b.score - a.score);
  const best = candidates[0]?.score ?? 0;
  if (best < MIN_BEST_SCORE) return [];
  return withoutRepetition(candidates.filter(({ score }) => score >= best * MIN_RELATIVE_SCORE));
}

interface Sentence {
  readonly text: string;
  readonly marker: number;
  readonly terms: ReadonlySet<string>;
  readonly headingTerms: ReadonlySet<string>;
  readonly passageTerms: ReadonlySet<string>;
  /** 0 for the best source. */
  readonly rank: number;
}

function sentencesOf({ marker, passage }: Source, rank: number): Sentence[] {
  const headingTerms = new Set(analyze([passage.title ?? "", ...(passage.location?.section ?? [])].join("\n")));
  const sentences = splitSentences(passage.text)
    .filter(({ start }) => !isHeadingOrRow(passage.text, start))
    .map(({ start, end }) => oneLine(passage.text.slice(start, end)))
    .filter(isStatement)
    .map((text) => ({ text, terms: new Set(analyze(text)) }));
  const passageTerms = new Set(sentences.flatMap(({ terms }) => [...terms]));
  return sentences.map((sentence) => ({ ...sentence, marker, headingTerms, passageTerms, rank }));
}

/** Whether the line in which a sentence begins is a heading or a row of a table. */
function isHeadingOrRow(text: string, start: number): boolean {
  const line = text.slice(text.lastIndexOf("\n", start) + 1, start + 1).trimStart();
  return line.startsWith("#") || line.startsWith("|");
}

function oneLine(sentence: string): string {
  return sentence
    .replace(/^\s*(?:[-*+•>]|\d+[.)])\s+/u, "")
    .replaceAll(/\s*[[【]\s?\d{1,3}(?:\s?[,，、]\s?\d{1,3}){0,9}\s?[\]】]/gu, "")
    .replaceAll(/\s+/gu, " ")
    .trim();
}

/** No code block, no question, nothing that only leads on. */
function isStatement(text: string): boolean {
  return !/^(?:```|~~~)/u.test(text) && !/[?？:：]$/u.test(text);
}

/** Inverse document frequency among the sentences (Robertson and Sparck Jones 1976, smoothed): what all of them say decides little; what none says weighs as what one says. */
function weightsOf(asked: ReadonlySet<string>, sentences: readonly Sentence[]): ReadonlyMap<string, number> {
  return new Map(
    [...asked].map((term) => {
      const holding = sentences.filter(({ terms }) => terms.has(term)).length;
      return [term, Math.log(1 + (sentences.length + 1) / (Math.max(holding, 1) + 0.5))];
    }),
  );
}

function scoreOf(
  { terms, headingTerms, passageTerms, rank }: Sentence,
  weights: ReadonlyMap<string, number>,
  sourceCount: number,
): number {
  let covered = 0;
  let total = 0;
  for (const [term, weight] of weights) {
    total += weight;
    if (terms.has(term)) covered += weight;
    else if (headingTerms.has(term)) covered += weight * HEADING_SHARE;
    else if (passageTerms.has(term)) covered += weight * PASSAGE_SHARE;
  }
  return (covered / total) * (1 - (RANK_COST * rank) / sourceCount);
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
