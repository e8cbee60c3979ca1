import { analyze } from "../../../../domain/text/analyzer.ts";
import { detectLanguage } from "../../../../domain/text/language.ts";
import { countQueryTerms, encodePassageTerms, type QueryTerm } from "./passage-terms.ts";

/**
 * The terms that a passage is found by, as the record keeps them. The search text's leading title counts as the title
 * only; both are analysed in the language of the whole. `roomFor` is as in {@link encodePassageTerms}.
 */
export function analysePassage(title: string, searchText: string, roomFor?: (bytes: number) => Uint8Array): Uint8Array {
  const text = searchText.startsWith(title) ? searchText.slice(title.length) : searchText;
  const language = detectLanguage(searchText);
  return encodePassageTerms(title, text, language, undefined, roomFor);
}

export function analyseQuery(query: string): readonly QueryTerm[] {
  return countQueryTerms(analyze(query));
}
