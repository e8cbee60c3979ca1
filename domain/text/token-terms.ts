import type { Language } from "./language.ts";
import { ENGLISH_STOP_WORDS } from "./stop-words.ts";
import { foldWord, termsOfWord } from "./word-terms.ts";

export const MAX_TERM_LENGTH = 64;
const MAX_COMPOUND_PIECES = 6;

/** What stands between the pieces of a compound; a dot between digits belongs to its number or version. */
const CONNECTOR = /['’_\-\u2010\u2011]|\.(?!\d)|(?<!\d)\./u;
const CONTRACTION_ENDING = /['’](?:s|d|m|ll|re|ve)$/iu;
const CAMEL_BOUNDARY = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll}{2})/u;

const LETTER_WITH_SIGNS = /^[A-Za-z](?:\+\+|#)$/u;
/** Has nothing to be taken apart. */
const PLAIN_WORD = /^[A-Za-z\d][a-z\d]*$/u;

/** `IT` and `WHO` in capitals are names, `it` and `who` are not. */
const isStopWord = (word: string, folded: string): boolean =>
  ENGLISH_STOP_WORDS.has(folded) && (word.length === 1 || word !== word.toUpperCase());

/** `faiss-node`, `main.ts`, `parseBody`: the parts, then the whole without its connectors. */
function wordsOfToken(token: string): readonly string[] {
  const pieces = token.replaceAll(",", "").replace(CONTRACTION_ENDING, "").split(CONNECTOR);
  const whole = pieces.join("");
  const isAcronym = pieces.length > 1 && pieces.every((piece) => piece.length === 1);
  if (isAcronym || isStopWord(whole, whole.toLowerCase())) return [whole];
  const parts = pieces.flatMap((piece) => {
    const humps = piece.split(CAMEL_BOUNDARY);
    return humps.length === 1 ? humps : humps.filter((hump) => hump.length > 1);
  });
  if (pieces.length === 1 && parts.length <= 1) return [whole];
  return pieces.length <= MAX_COMPOUND_PIECES ? [...parts, whole] : parts;
}

/** The terms of one token of a script that puts spaces between words, in their order; [] for a stop word. */
export function termsOfToken(token: string, language: Language): readonly string[] {
  if (LETTER_WITH_SIGNS.test(token)) return [token.toLowerCase()];
  const words = PLAIN_WORD.test(token) ? [token] : wordsOfToken(token);
  const terms: string[] = [];
  for (const word of words) {
    const folded = foldWord(word);
    if (folded === "" || isStopWord(word, folded)) continue;
    for (const term of termsOfWord(folded, language)) terms.push(term.slice(0, MAX_TERM_LENGTH));
  }
  return terms;
}
