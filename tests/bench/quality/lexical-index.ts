import { LexicalIndex } from "../../../adapters/outbound/faiss/engine/lexical-index.ts";
import { decodePassageTerms, encodePassageTerms } from "../../../adapters/outbound/faiss/engine/passage-terms.ts";
import { detectLanguage } from "../../../domain/text/language.ts";
import type { CollectionPassage } from "./passages.ts";

/** The words of a collection as the engine indexes them; slots are the passages' positions. */
export function lexicalIndexOf(passages: readonly CollectionPassage[], titleWeight?: number): LexicalIndex {
  const index = new LexicalIndex();
  for (const [slot, { title, searchText }] of passages.entries()) {
    const language = detectLanguage(searchText);
    const text = searchText.startsWith(title) ? searchText.slice(title.length) : searchText;
    index.add(slot, decodePassageTerms(encodePassageTerms(title, text, language, titleWeight)));
  }
  return index;
}
