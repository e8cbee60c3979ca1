import { detectLanguage, type Language } from "./language.ts";
import { TextAnalysis } from "./text-analysis.ts";

/** Changes whenever `analyze` may give other terms for the same text: an index of another version is made anew. */
export const ANALYZER_VERSION = 2;

const analysis = new TextAnalysis();

/**
 * The index terms of a text, in the order of the text, repeated as often as they occur; [] where it has no
 * word. English is stemmed (Porter2) and loses its stop words; compounds give their parts and the whole (`snake_case`,
 * `snake-case` and `snakeCase` share `snakecas`); Chinese and Japanese give characters, pairs of them and words of three or more, Korean pairs of
 * syllables, Thai, Lao, Khmer and Burmese runs of three characters; words of other languages lose their accents and are
 * found by their beginnings. Documents and questions go through the same analysis; a part of a document, its title say, is
 * to be given the language of the whole.
 */
export function analyze(text: string, language: Language = detectLanguage(text)): string[] {
  analysis.begin();
  analysis.add(text, language);
  const terms: string[] = [];
  for (let index = 0; index < analysis.count; index++) terms.push(analysis.terms.termOf(analysis.numbers[index] ?? 0));
  return terms;
}
