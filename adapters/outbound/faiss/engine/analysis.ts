import { analyze } from "../../../../domain/text/analyzer.ts";
import { detectLanguage, isLanguageCode, type Language } from "../../../../domain/text/language.ts";
import { countQueryTerms, encodePassageTerms, type QueryTerm } from "./passage-terms.ts";

/** What a passage is found by, before it is analysed. */
export interface PassageText {
  readonly title: string;
  readonly searchText: string;
  /** ISO 639-1, as its chunk says it; where that is nothing, or a language without an analysis of its own, the text tells. */
  readonly language?: string | undefined;
}

/**
 * The terms that a passage is found by, as the record keeps them. The search text's leading title counts as the title
 * only; both are analysed in the language of the whole. `roomFor` is as in {@link encodePassageTerms}.
 */
export function analysePassage(passage: PassageText, roomFor?: (bytes: number) => Uint8Array): Uint8Array {
  const { title, searchText } = passage;
  const text = searchText.startsWith(title) ? searchText.slice(title.length) : searchText;
  return encodePassageTerms(title, text, languageOf(passage), undefined, roomFor);
}

function languageOf({ searchText, language }: PassageText): Language {
  return language !== undefined && isLanguageCode(language) ? language : detectLanguage(searchText);
}

export function analyseQuery(query: string): readonly QueryTerm[] {
  return countQueryTerms(analyze(query));
}
