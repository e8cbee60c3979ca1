import { stemEnglish } from "./porter2.ts";
import { ENGLISH_STOP_WORDS } from "./stop-words.ts";

/** Changes whenever `analyze` may give other terms for the same text: an index of another version is made anew. */
export const ANALYZER_VERSION = 1;

const MAX_TERM_LENGTH = 64;
const MAX_COMPOUND_PIECES = 6;
const MAX_REMEMBERED_TOKENS = 50_000;
const MAX_REMEMBERED_TOKEN_LENGTH = 32;

/** `c++`, `c#`; words and numbers with their inner connectors: `state-of-the-art`, `snake_case`, `main.ts`, `1,000`. */
const TOKEN =
  /(?<![\p{L}\p{N}])[A-Za-z](?:\+\+|#)(?![\p{L}\p{N}])|[\p{L}\p{M}\p{N}]+(?:(?:['’._\-\u2010\u2011]|(?<=\d),(?=\d))[\p{L}\p{M}\p{N}]+)*/gu;

/** Within one token: runs of Chinese or Japanese, of Hangul, of scripts that put no space between words, and the rest. */
const SCRIPT_RUN =
  /(?<ideographs>[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー々〆]+)|(?<hangul>\p{sc=Hangul}+)|(?<unspaced>[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+)|[^\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々〆]+/gu;

/** What stands between the pieces of a compound; a dot between digits belongs to its number or version. */
const CONNECTOR = /['’_\-\u2010\u2011]|\.(?!\d)|(?<!\d)\./u;
const CONTRACTION_ENDING = /['’](?:s|d|m|ll|re|ve)$/iu;
const CAMEL_BOUNDARY = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll}{2})/u;

const ONLY_ASCII = /^[\0-\x7f]*$/u;
const ACCENTS = /(?<=[\p{sc=Latin}\p{sc=Greek}])[\u0300-\u036f]+|(?<=\p{sc=Cyrillic})[\u0300\u0301\u0308]/gu;
const ARABIC_VOWEL_SIGNS = /[\u0640\u064b-\u065f\u0670]/gu;
const LETTERS_WITHOUT_DECOMPOSITION = /[ßøæœłđðþıأإآ]/gu;
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  ø: "o",
  æ: "ae",
  œ: "oe",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
  أ: "ا",
  إ: "ا",
  آ: "ا",
};

/** Lower-case and without accents: `Žižek` and `zizek` are one term, ё is е; й stays й. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  if (ONLY_ASCII.test(lower)) return lower;
  return lower
    .normalize("NFD")
    .replace(ACCENTS, "")
    .normalize("NFC")
    .replace(ARABIC_VOWEL_SIGNS, "")
    .replace(LETTERS_WITHOUT_DECOMPOSITION, (letter) => PLAIN_LETTERS[letter] ?? letter);
}

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

function addSpacedWords(terms: string[], token: string): void {
  for (const word of wordsOfToken(token)) {
    const folded = fold(word);
    if (folded === "" || isStopWord(word, folded)) continue;
    terms.push((/^[a-z]+$/u.test(folded) ? stemEnglish(folded) : folded).slice(0, MAX_TERM_LENGTH));
  }
}

/** Characters and pairs of them: 検索エンジン gives 検, 検索, 索, 索エ, エ, ... */
function addIdeographs(terms: string[], run: string): void {
  let previous = "";
  for (const character of run) {
    if (previous !== "") terms.push(previous + character);
    terms.push(character);
    previous = character;
  }
}

/** Pairs of syllables; a lone syllable is a term of its own. */
function addHangul(terms: string[], run: string): void {
  const syllables = [...run];
  if (syllables.length === 1) terms.push(run);
  for (let index = 1; index < syllables.length; index++) terms.push(`${syllables[index - 1]}${syllables[index]}`);
}

const unspacedWords = new Intl.Segmenter("th", { granularity: "word" });

function addToken(terms: string[], token: string): void {
  for (const { 0: run, groups } of token.matchAll(SCRIPT_RUN)) {
    if (groups?.ideographs !== undefined) addIdeographs(terms, run);
    else if (groups?.hangul !== undefined) addHangul(terms, run);
    else if (groups?.unspaced !== undefined) for (const { segment } of unspacedWords.segment(run)) terms.push(segment);
    else for (const [word] of run.matchAll(TOKEN)) addSpacedWords(terms, word);
  }
}

/** The terms of tokens seen lately: most words of a text are old acquaintances. */
const remembered = new Map<string, readonly string[]>();

function termsOfToken(token: string): readonly string[] {
  const known = remembered.get(token);
  if (known !== undefined) return known;
  const terms: string[] = [];
  if (/^[A-Za-z](?:\+\+|#)$/u.test(token)) terms.push(token.toLowerCase());
  else if (ONLY_ASCII.test(token)) addSpacedWords(terms, token);
  else addToken(terms, token);
  if (token.length <= MAX_REMEMBERED_TOKEN_LENGTH) {
    if (remembered.size >= MAX_REMEMBERED_TOKENS) remembered.clear();
    remembered.set(token, terms);
  }
  return terms;
}

/**
 * The index terms of a text, in the order of the text, repeated as often as they occur; [] where it has no word.
 * English is stemmed (Porter2) and loses its stop words; compounds give their parts and the whole (`snake_case`,
 * `snake-case` and `snakeCase` share `snakecas`); Chinese and Japanese give characters and bigrams, Korean bigrams;
 * Thai, Lao, Khmer and Burmese the words that Intl.Segmenter finds; other languages their words without accents.
 * Documents and questions must go through the same version of it ({@link ANALYZER_VERSION}).
 */
export function analyze(text: string): string[] {
  const normalized = ONLY_ASCII.test(text) ? text : text.normalize("NFKC");
  const terms: string[] = [];
  for (const [token] of normalized.matchAll(TOKEN)) {
    for (const term of termsOfToken(token)) terms.push(term);
  }
  return terms;
}
