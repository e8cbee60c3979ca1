import { analyze } from "../../../domain/text/analyzer.ts";

/** What a sentence is searched for. */
export interface SearchableText {
  readonly text: string;
  /** Terms of the analyzer, in the order of their first occurrence. */
  readonly terms: ReadonlySet<string>;
}

/** One thing that a question asks about. */
export interface AskedTerm {
  readonly name: string;
  isIn(searchable: SearchableText): boolean;
}

/** What makes a question a question and says nothing of its matter; other English ones are stop words of the analyzer. */
const QUESTION_WORDS =
  /\b(?:can|could|should|would|tell me|show me|give me|explain|describe|please|happens?|means?|meant|possible|use[ds]?|using)\b|请问|请|告诉我|为什么|什么时候|什么|怎么办|怎么样|怎么|怎样|如何|哪一年|哪一?[个些里儿位]|多少|是不是|是否|有没有|可不可以|可以|能不能|能否|谁|吗|呢|どうやって|どのように|なぜ|何ですか|何|どこ|どれ|誰|いつ|教えて/giu;

const IDEOGRAPHIC = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー々〆]+/gu;
const ONLY_HIRAGANA = /^\p{sc=Hiragana}+$/u;
const WORDS = new Intl.Segmenter("zh", { granularity: "word" });

/** The distinct terms of a question; [] where it asks about nothing that could be found. */
export function askedTerms(question: string): readonly AskedTerm[] {
  const matter = question.normalize("NFKC").toLowerCase().replaceAll(QUESTION_WORDS, " ");
  const spaced = [...new Set(analyze(matter.replaceAll(IDEOGRAPHIC, " ")))].map(
    (name): AskedTerm => ({ name, isIn: ({ terms }) => terms.has(name) }),
  );
  const words = (matter.match(IDEOGRAPHIC) ?? []).flatMap(wordsOf);
  const unspaced = [...new Set(words)].map((name): AskedTerm => ({ name, isIn: ({ text }) => text.includes(name) }));
  return [...spaced, ...unspaced];
}

/** Words of Chinese or Japanese that carry meaning: neither single characters nor what is only hiragana. */
function wordsOf(run: string): string[] {
  return [...WORDS.segment(run)]
    .map(({ segment }) => segment)
    .filter((word) => word.length > 1 && !ONLY_HIRAGANA.test(word));
}
