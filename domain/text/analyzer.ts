import { detectLanguage, type Language } from "./language.ts";
import { ENGLISH_STOP_WORDS } from "./stop-words.ts";
import { foldWord, termsOfWord } from "./word-terms.ts";

/** Changes whenever `analyze` may give other terms for the same text: an index of another version is made anew. */
export const ANALYZER_VERSION = 2;

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

function addSpacedWords(terms: string[], token: string, language: Language): void {
  for (const word of wordsOfToken(token)) {
    const folded = foldWord(word);
    if (folded === "" || isStopWord(word, folded)) continue;
    for (const term of termsOfWord(folded, language)) terms.push(term.slice(0, MAX_TERM_LENGTH));
  }
}

/** Chinese and Japanese are one dictionary to it. */
const segmenter = new Intl.Segmenter("zh", { granularity: "word" });
const MIN_WORD_LENGTH = 3;

/** Characters, pairs of them, and the longer words: 検索エンジン gives 検, 検索, 索, 索エ, エ, ..., エンジン. */
function addIdeographs(terms: string[], run: string): void {
  let previous = "";
  for (const character of run) {
    if (previous !== "") terms.push(previous + character);
    terms.push(character);
    previous = character;
  }
  if (run.length < MIN_WORD_LENGTH) return;
  for (const { segment } of segmenter.segment(run)) {
    if (segment.length >= MIN_WORD_LENGTH) terms.push(segment.slice(0, MAX_TERM_LENGTH));
  }
}

/** Runs of `length` characters each; a shorter text as it is. */
function addRuns(terms: string[], text: string, length: number): void {
  const characters = [...text];
  if (characters.length < length) terms.push(text);
  for (let end = length; end <= characters.length; end++) terms.push(characters.slice(end - length, end).join(""));
}

function addToken(terms: string[], token: string, language: Language): void {
  for (const { 0: run, groups } of token.matchAll(SCRIPT_RUN)) {
    if (groups?.ideographs !== undefined) addIdeographs(terms, run);
    else if (groups?.hangul !== undefined) addRuns(terms, run, 2);
    else if (groups?.unspaced !== undefined) addRuns(terms, run, 3);
    else for (const [word] of run.matchAll(TOKEN)) addSpacedWords(terms, word, language);
  }
}

/** The terms of tokens seen lately, in English texts and in others: most words of a text are old acquaintances. */
const remembered = { english: new Map<string, readonly string[]>(), other: new Map<string, readonly string[]>() };

function termsOfToken(token: string, language: Language): readonly string[] {
  const memory = language === "other" ? remembered.other : remembered.english;
  const known = memory.get(token);
  if (known !== undefined) return known;
  const terms: string[] = [];
  if (/^[A-Za-z](?:\+\+|#)$/u.test(token)) terms.push(token.toLowerCase());
  else if (ONLY_ASCII.test(token)) addSpacedWords(terms, token, language);
  else addToken(terms, token, language);
  if (token.length <= MAX_REMEMBERED_TOKEN_LENGTH) {
    if (memory.size >= MAX_REMEMBERED_TOKENS) memory.clear();
    memory.set(token, terms);
  }
  return terms;
}

/**
 * The index terms of a text, in the order of the text, repeated as often as they occur; [] where it has no
 * word. English is stemmed (Porter2) and loses its stop words; compounds give their parts and the whole (`snake_case`,
 * `snake-case` and `snakeCase` share `snakecas`); Chinese and Japanese give characters, pairs of them and words of three or more, Korean pairs of
 * syllables, Thai, Lao, Khmer and Burmese runs of three characters; words of other languages lose their accents and are
 * found by their beginnings. Documents and questions go through the same analysis; a part of a document, its title say, is
 * to be given the language of the whole.
 */
export function analyze(text: string, language: Language = detectLanguage(text)): string[] {
  const normalized = ONLY_ASCII.test(text) ? text : text.normalize("NFKC");
  const terms: string[] = [];
  for (const token of normalized.match(TOKEN) ?? []) {
    for (const term of termsOfToken(token, language)) terms.push(term);
  }
  return terms;
}
